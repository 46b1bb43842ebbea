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
    return (_reader(path) or _of_texts()).cells(path, separator, header, expected)


def is_table(path: Path, named: bool) -> bool:
    """Whether a file is a table by its suffix; one of a text file, whose lines may be rows, only if that is `named`."""
    reader = _reader(path)
    return reader is not None and (named or reader is not _of_texts())


def _of_texts() -> type[OwnTable]:
    found: type[OwnTable] = find("dataset", "csv")
    return found


def _reader(path: Path) -> type[OwnTable] | None:
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    return next((kind for kind in kinds("dataset").values()
                 if isinstance(kind, type) and issubclass(kind, OwnTable) and suffix in kind.suffixes), None)
