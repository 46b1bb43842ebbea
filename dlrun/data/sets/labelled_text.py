"""A user's own texts with a class: a line each, or two columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema import fields
from dlrun.data.sets import _options as options
from dlrun.data.sets import _words as words
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.data.formats.sentences import LabelledLine
    from dlrun.data.source import DatasetFiles, RawDataset


@register("dataset", "labelled_text")
@dataclass(frozen=True)
class LabelledText(words.Sentences):
    """Your own texts with a class: dataset.path=FILE, label and text in a line each, or dataset.text and target name
    them.

    With `text` the file is a table: JSON lines, Parquet, or a text file with names in its first line.
    """

    stratifies: ClassVar[bool] = True
    suggests: ClassVar[Mapping[str, Any]] = options.SUGGESTED
    path: str = options.path("The file, also .gz")
    test_path: str = options.test_path("A file, also .gz,")
    num_words: int | None = words.num_words(10000)
    maxlen: int | str | None = words.own_maxlen()
    separator: str = options.separator("tab", ",", ";", between="label and text")
    header: bool | str = options.header()
    text: str = fields.text("", "The column, or key of JSON lines, with the texts; without it a line is a label and a "
                            "text.")
    target: str = fields.text("", "The column with the classes.")
    stratify: bool = options.own_stratify()

    def read_revision(self, config: Config) -> int:
        """Above 1 where validation rows keep the proportions of the classes, which they once did not."""
        from dlrun.data.split_revision import of_split

        return of_split(self, config)

    def new_rows(self) -> NewTexts:
        return NewTexts(**{one.name: getattr(self, one.name) for one in fields_of(LabelledText)})

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data import paths
        from dlrun.data.source import DatasetFiles

        found = [paths.own(self.path), *([paths.own(self.test_path, key="test_path")] if self.test_path else [])]
        newer = [self.text, self.target] if self.text or self.target else []
        newer += [] if self.unit == "word" else [self.unit]
        newer += ["one class"] if self.fewest < 2 else []
        return DatasetFiles(found, lambda _: self._decode(*found), [self.separator, self.header, *newer])

    def _decode(self, path: Path, test_path: Path | None = None) -> RawDataset:
        from dlrun.data.formats import labels
        from dlrun.data.formats.sentences import with_classes

        notes: list[str] = []
        rows, reading = self._rows(path, notes)
        try:
            labels.kind_of([label for _, label, _ in rows], "classes", self.fewest)
        except ValueError as error:
            raise problem(f"dataset.path={self.path}", f"the labels: the column {error}") from None
        codes, classes = labels.encode([label for _, label, _ in rows])
        test = [] if test_path is None else self._rows(test_path, notes)[0]
        strange = next(((line, label) for line, label, _ in test if label not in classes), None)
        if strange is not None:
            near = did_you_mean(strange[1], classes) or f"; they are {', '.join(classes[:20])}"
            raise problem(f"dataset.test_path={self.test_path}",
                          f"line {strange[0]}: {strange[1]!r} is no class of the training rows{near}")
        codes += [classes.index(label) for _, label, _ in test]
        found = replace(with_classes([text for _, _, text in [*rows, *test]], codes, classes, self.unit),
                        notes=tuple(notes), reading=reading)
        if test_path is None:
            return found
        assert found.y is not None
        notes.append(f"the {len(test):,} test rows are those of {test_path.name}")
        size = len(rows)
        return replace(found, x=found.x[:size], y=found.y[:size], x_test=found.x[size:], y_test=found.y[size:],
                       notes=tuple(notes), grouped=True)

    def _rows(self, path: Path, notes: list[str]) -> tuple[list[LabelledLine], dict[str, str]]:
        """The rows of a file, and where it is a table the names of the columns that they stand in."""
        from dlrun.data.cell_files import cells, is_table
        from dlrun.data.formats.sentences import parse
        from dlrun.data.formats.separated import text_of
        from dlrun.data.formats.text_column import text_and_class

        if not (self.text or self.target or is_table(path, named=False)):
            return parse(text_of(path, notes), self.separator, self.header, str(path)), {}
        found = cells(path, self.separator, self.header, [name for name in (self.text, self.target) if name])
        notes += found.notes
        names, rows = text_and_class(found, path, self.text, self.target)
        return rows, dict(zip(("text", "class"), names))


@dataclass(frozen=True)
class NewTexts(LabelledText):
    """The same for rows that nothing is trained on."""

    fewest: ClassVar[int] = 1
