"""What data sets of a user's own tables share: columns by name, a target among them, what is found of the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.schema.fields import MISSING, flag, text, texts
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets._arrays import info_of
from dlrun.data.sets._base import Say
from dlrun.data.sets._tables import TableDataset

if TYPE_CHECKING:
    from pathlib import Path

    from dlrun.config.schema.root import Config
    from dlrun.data.formats.reading import Header
    from dlrun.data.formats.separated import Cells
    from dlrun.data.formats.table import ParsedTable
    from dlrun.data.source import DatasetFiles, RawDataset

_parsed: dict[str, ParsedTable] = {}  # the last file


@dataclass(frozen=True)
class OwnTable(TableDataset):
    """A table in a file; `cells` reads files of its `suffixes`, those of training as well as new ones."""

    reads_cells: ClassVar[bool] = True
    decides_scale: ClassVar[bool] = True
    typed: ClassVar[bool] = True
    stratifies: ClassVar[bool] = True
    suggests: ClassVar[Mapping[str, Any]] = options.SUGGESTED
    reading: ClassVar[int] = 5  # counted up when the reader makes something else of the same file
    path: str = options.path("The file, also .gz")
    test_path: str = options.test_path("A file, also .gz,")
    target: str | tuple[str, ...] = text(
        MISSING, "The column to predict: its name, or its number from 0 (-1 is the last); or a list of columns.",
        several=True)
    scale: str = options.own_table_scale()
    targets: str | tuple[str, ...] = options.targets()
    target_scale: str = options.own_target_scale()
    group: str = options.group("column, by name or number,")
    order: str = options.order("column, by name or number,")
    stratify: bool = options.own_stratify()
    drop: tuple[str, ...] = texts((), "Columns to leave out, by name or number.", empty=True, scalar=True)
    missing: tuple[str, ...] = options.missing("the file's own missing values")
    indicator: bool = flag(True, "Whether a column with missing numbers (or dates) gets another one that says so with "
                                 "1; in its place stands the training mean.")
    dates: bool = flag(True, "Whether dates (2024-05-31, 31.5.2024, with a time or without) become numbers: the day "
                             "number, and year, month, day of month, weekday, hour, minute where they vary.")

    @classmethod
    def cells(cls, path: Path, separator: str, header: Header, expected: Collection[str] = ()) -> Cells:
        """The cells of a file; `expected` are the names of a training's columns.  Raises ConfigError."""
        raise NotImplementedError

    def read_revision(self, config: Config) -> int:
        """That of the reading; above it where validation rows now keep the classes' proportions."""
        from dlrun.data.split_revision import of_split

        return of_split(self, config, self.reading_revision(config))

    def reading_revision(self, config: Config) -> int:
        """Above 1 for a run whose table dlrun once read otherwise: classes that are whole numbers were rounded,
        or 0 and 1 of test rows were not the training's false and true."""
        from dlrun.data.formats.labels import DIGITS
        from dlrun.data.reading_revision import of_file

        found = of_file(self, self.path)
        return found if found >= DIGITS else 1

    def info(self, data_dir: str) -> DatasetInfo:
        """Spec and rows; the file is parsed unless its arrays are cached."""
        from dlrun.data import cache, paths

        if self.test_path:
            return info_of(self.read(data_dir, lambda line: None))
        path = paths.own(self.path)
        known = cache.dataset_info(cache.entry(self.kind, self._settings(), [path]))
        if known is not None:
            return known
        table = self._table(path)
        return DatasetInfo(table.data_spec, {"train": len(table.targets[0])}, table.revision,
                           heavy=tuple(table.reading["heavy"]))

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data import paths
        from dlrun.data.source import DatasetFiles

        found = [paths.own(self.path), *([paths.own(self.test_path, key="test_path")] if self.test_path else [])]
        return DatasetFiles(found, lambda _: self._decode(*found), self._settings())

    def _decode(self, path: Path, test_path: Path | None = None) -> RawDataset:
        from dlrun.data.formats.table_arrays import as_arrays

        try:
            table = self._table(path)
            found = as_arrays(table)
        finally:
            _parsed.clear()
        if test_path is None:
            return found
        from dlrun.data.formats.test_table import with_test_rows

        return with_test_rows(found, test_path, self.cells, f"dataset.test_path={self.test_path}", table.groups)

    def _table(self, path: Path) -> ParsedTable:
        """The parsed file; a command looks at it several times before its arrays are cached."""
        from dlrun.data.formats.table import of_cells

        key = repr((path, path.stat().st_size, path.stat().st_mtime_ns, self))
        if key not in _parsed:
            _parsed.clear()
            _parsed[key] = of_cells(self.cells(path, self.separator, self.header), path, self)
        return _parsed[key]

    def _settings(self) -> list[object]:
        return [self.target, self.targets, self.separator, self.header, self.drop, self.missing, self.decimal,
                self.indicator, self.dates, self.reading,
                *([self.group, self.order] if self.group or self.order else ())]
