"""A user's own table in JSON lines."""

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


@register("dataset", "jsonl")
@dataclass(frozen=True)
class JsonLines(OwnTable):
    """Your own table in JSON lines, an object a row: dataset.path=FILE dataset.target=KEY.

    Texts become one column a word, also where they look like numbers; a text that is a date in every row is one.
    Texts to be read word by word are `dataset=labelled_text` with `dataset.text=KEY`.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", ".json")
    missing: tuple[str, ...] = options.missing("null, NaN and empty texts")

    @classmethod
    def cells(cls, path: Path, separator: str, header: Header, expected: Collection[str] = ()) -> Cells:
        from dlrun.data.formats.json_lines import cells

        return cells(path)
