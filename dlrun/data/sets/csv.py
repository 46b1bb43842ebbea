"""A user's own table in a text file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.sets import _options as options
from dlrun.data.sets._own_table import OwnTable
from dlrun.registry import register

if TYPE_CHECKING:
    from pathlib import Path

    from dlrun.config.schema.root import Config
    from dlrun.data.formats.reading import Header
    from dlrun.data.formats.separated import Cells


@register("dataset", "csv")
@dataclass(frozen=True)
class Csv(OwnTable):
    """Your own table: dataset.path=FILE dataset.target=COLUMN; texts become one column a word."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv")
    reading: ClassVar[int] = 9
    separator: str = options.separator()
    header: bool | str = options.header()
    missing: tuple[str, ...] = options.missing("the empty one, NA, nan, null and ?")
    decimal: str = options.decimal()

    @classmethod
    def cells(cls, path: Path, separator: str, header: Header, expected: Collection[str] = ()) -> Cells:
        from dlrun.data.formats.separated import cells

        return cells(path, separator, header, expected)

    def reading_revision(self, config: Config) -> int:
        """2 or 3 for a run whose table dlrun once read otherwise: marks between thousands, a header with numbers in it,
        or a word in a text column that no training row has; dates, or columns for what is missing."""
        from dlrun.data.reading_revision import of_reading

        return of_reading(self, config, self.path)
