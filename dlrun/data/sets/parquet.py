"""A user's own table in a Parquet file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.sets import _options as options
from dlrun.data.sets._own_table import OwnTable
from dlrun.registry import register

if TYPE_CHECKING:
    from pathlib import Path

    from dlrun.data.formats.reading import Header
    from dlrun.data.formats.separated import Cells


@register("dataset", "parquet")
@dataclass(frozen=True)
class Parquet(OwnTable):
    """Your own table in Parquet: dataset.path=FILE dataset.target=COLUMN; columns are what the file says.

    Texts and categories become one column a word, also where they look like numbers (a postcode); a text that is a
    date in every row is one.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".pq")
    path: str = options.path("The file")
    test_path: str = options.test_path("A file")
    missing: tuple[str, ...] = options.missing("null, NaN and empty texts")

    @classmethod
    def cells(cls, path: Path, separator: str, header: Header, expected: Collection[str] = ()) -> Cells:
        from dlrun.data.formats.parquet import cells

        return cells(path)
