"""A user's own texts with a class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config.problem import problem
from dlrun.data.sets import _options as options
from dlrun.data.sets import _words as words
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset


@register("dataset", "labelled_text")
@dataclass(frozen=True)
class LabelledText(words.Sentences):
    """Your own texts with a class: dataset.path=FILE, label and text in a line each."""

    path: str = options.path("The file, also .gz")
    num_words: int | None = words.num_words(10000)
    maxlen: int | None = words.maxlen(None)
    separator: str = options.separator("tab", ",", ";", between="label and text")
    header: bool | str = options.header()

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data import paths
        from dlrun.data.source import DatasetFiles

        path = paths.own(self.path)
        return DatasetFiles([path], lambda _: self._decode(path), [self.separator, self.header])

    def _decode(self, path: Path) -> RawDataset:
        from dlrun.data.formats import labels
        from dlrun.data.formats.sentences import parse, with_classes
        from dlrun.data.formats.separated import text_of

        notes: list[str] = []
        rows = parse(text_of(path, notes), self.separator, self.header, str(path))
        try:
            labels.kind_of([label for _, label, _ in rows], "classes")
        except ValueError as error:
            raise problem(f"dataset.path={self.path}", f"the labels: the column {error}") from None
        codes, classes = labels.encode([label for _, label, _ in rows])
        return replace(with_classes([text for _, _, text in rows], codes, classes), notes=tuple(notes))
