"""The cells of a new file: read by the data set whose files end as it does, else as a text file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from dlrun.data.formats.reading import Header
from dlrun.data.formats.separated import Cells
from dlrun.data.sets._own_table import OwnTable
from dlrun.registry import find, kinds


def cells(path: Path, separator: str, header: Header, expected: Collection[str] = ()) -> Cells:
    """See `OwnTable.cells`; ``new.parquet`` and ``new.jsonl.gz`` are no text files, whatever was trained on."""
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    tables = [kind for kind in kinds("dataset").values() if issubclass(kind, OwnTable)]
    reader: type[OwnTable] = next((kind for kind in tables if suffix in kind.suffixes), find("dataset", "csv"))
    return reader.cells(path, separator, header, expected)
