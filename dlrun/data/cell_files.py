"""The cells of a file: read by the data set whose files end as it does, else as a text file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from dlrun.data.formats.reading import Header
from dlrun.data.formats.separated import Cells
from dlrun.registry import find, kinds


class CellReader(Protocol):
    """What this asks of a data set of tables; see `dlrun.data.sets._own_table.OwnTable`."""

    suffixes: tuple[str, ...]

    def cells(self, path: Path, separator: str, header: Header, expected: Collection[str] = ()) -> Cells:
        """The cells of a file."""


def cells(path: Path, separator: str, header: Header, expected: Collection[str] = ()) -> Cells:
    """See `CellReader.cells`; ``new.parquet`` and ``new.jsonl.gz`` are no text files, whatever was trained on."""
    return (_reader(path) or _of_texts()).cells(path, separator, header, expected)


def is_table(path: Path, named: bool) -> bool:
    """Whether a file is a table by its suffix; one of a text file, whose lines may be rows, only if that is `named`."""
    reader = _reader(path)
    return reader is not None and (named or reader is not _of_texts())


def _of_texts() -> CellReader:
    found: CellReader = find("dataset", "csv")
    return found


def _reader(path: Path) -> CellReader | None:
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    return next((kind for kind in kinds("dataset").values() if kind.reads_cells and suffix in kind.suffixes), None)
