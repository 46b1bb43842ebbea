"""A user's own table in a text file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.schema.fields import MISSING, flag, text, texts
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Say
from dlrun.data.sets._tables import TableDataset
from dlrun.registry import register

if TYPE_CHECKING:
    from pathlib import Path

    from dlrun.config.schema.root import Config
    from dlrun.data.formats.table import ParsedTable
    from dlrun.data.source import DatasetFiles, RawDataset

READING = 5  # counted up when the reader makes something else of the same file
_parsed: dict[str, ParsedTable] = {}  # the last file


@register("dataset", "csv")
@dataclass(frozen=True)
class Csv(TableDataset):
    """Your own table: dataset.path=FILE dataset.target=COLUMN; texts become one column a word."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv")
    decides_scale: ClassVar[bool] = True
    suggests: ClassVar[Mapping[str, Any]] = {"epochs": "auto", "batch_size": "auto", "early_stop": "auto"}
    path: str = options.path("The file, also .gz")
    target: str | tuple[str, ...] = text(
        MISSING, "The column to predict: its name, or its number from 0 (-1 is the last); or a list of columns.",
        several=True)
    scale: str = options.own_table_scale()
    targets: str | tuple[str, ...] = options.targets()
    target_scale: str = options.own_target_scale()
    separator: str = options.separator()
    header: bool | str = options.header()
    drop: tuple[str, ...] = texts((), "Columns to leave out, by name or number.", empty=True, scalar=True)
    missing: tuple[str, ...] = texts(
        (), "Cells that mean a missing value, besides the empty one, NA, nan, null and ?.", empty=True, scalar=True,
    )
    decimal: str = options.decimal()
    indicator: bool = flag(True, "Whether a column with missing numbers (or dates) gets another one that says so with "
                                 "1; in its place stands the training mean.")
    dates: bool = flag(True, "Whether dates (2024-05-31, 31.5.2024, with a time or without) become numbers: the day "
                             "number, and year, month, day of month, weekday, hour, minute where they vary.")

    def info(self, data_dir: str) -> DatasetInfo:
        """Spec and rows; the file is parsed unless its arrays are cached."""
        from dlrun.data import cache, paths

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

        path = paths.own(self.path)
        return DatasetFiles([path], lambda _: self._decode(path), self._settings())

    def read_revision(self, config: Config) -> int:
        """2 or 3 for a run whose table dlrun once read otherwise: marks between thousands, a header with numbers in it,
        or a word in a text column that no training row has; dates, or columns for what is missing."""
        from dlrun.data.reading_revision import of_reading

        return of_reading(self, config, self.path)

    def _decode(self, path: Path) -> RawDataset:
        from dlrun.data.formats.table import as_arrays

        try:
            return as_arrays(self._table(path))
        finally:
            _parsed.clear()

    def _table(self, path: Path) -> ParsedTable:
        """The parsed file; a command looks at it several times before its arrays are cached."""
        from dlrun.data.formats.table import parse

        key = repr((path, path.stat().st_size, path.stat().st_mtime_ns, self))
        if key not in _parsed:
            _parsed.clear()
            _parsed[key] = parse(path, self)
        return _parsed[key]

    def _settings(self) -> list[object]:
        return [self.target, self.targets, self.separator, self.header, self.drop, self.missing, self.decimal,
                self.indicator, self.dates, READING]
