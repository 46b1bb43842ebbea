"""A user's own texts with a class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config.problem import did_you_mean, problem
from dlrun.data.sets import _options as options
from dlrun.data.sets import _words as words
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.formats.sentences import LabelledLine
    from dlrun.data.source import DatasetFiles, RawDataset


@register("dataset", "labelled_text")
@dataclass(frozen=True)
class LabelledText(words.Sentences):
    """Your own texts with a class: dataset.path=FILE, label and text in a line each."""

    path: str = options.path("The file, also .gz")
    test_path: str = options.test_path("A file, also .gz,")
    num_words: int | None = words.num_words(10000)
    maxlen: int | None = words.maxlen(None)
    separator: str = options.separator("tab", ",", ";", between="label and text")
    header: bool | str = options.header()

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data import paths
        from dlrun.data.source import DatasetFiles

        found = [paths.own(self.path), *([paths.own(self.test_path, key="test_path")] if self.test_path else [])]
        return DatasetFiles(found, lambda _: self._decode(*found), [self.separator, self.header])

    def _decode(self, path: Path, test_path: Path | None = None) -> RawDataset:
        from dlrun.data.formats import labels
        from dlrun.data.formats.sentences import with_classes

        notes: list[str] = []
        rows = self._rows(path, notes)
        try:
            labels.kind_of([label for _, label, _ in rows], "classes")
        except ValueError as error:
            raise problem(f"dataset.path={self.path}", f"the labels: the column {error}") from None
        codes, classes = labels.encode([label for _, label, _ in rows])
        test = [] if test_path is None else self._rows(test_path, notes)
        strange = next(((line, label) for line, label, _ in test if label not in classes), None)
        if strange is not None:
            near = did_you_mean(strange[1], classes) or f"; they are {', '.join(classes[:20])}"
            raise problem(f"dataset.test_path={self.test_path}",
                          f"line {strange[0]}: {strange[1]!r} is no class of the training rows{near}")
        codes += [classes.index(label) for _, label, _ in test]
        found = replace(with_classes([text for _, _, text in [*rows, *test]], codes, classes), notes=tuple(notes))
        if test_path is None:
            return found
        assert found.y is not None
        notes.append(f"the {len(test):,} test rows are those of {test_path.name}")
        size = len(rows)
        return replace(found, x=found.x[:size], y=found.y[:size], x_test=found.x[size:], y_test=found.y[size:],
                       notes=tuple(notes), grouped=True)

    def _rows(self, path: Path, notes: list[str]) -> list[LabelledLine]:
        from dlrun.data.formats.sentences import parse
        from dlrun.data.formats.separated import text_of

        return parse(text_of(path, notes), self.separator, self.header, str(path))
