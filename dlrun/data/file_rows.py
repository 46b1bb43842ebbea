"""New files as rows of a run: what a data set says of files that its runs are used on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlrun.data.prepared import Split

Say = Callable[[str], None]


@dataclass(frozen=True)
class NewRows:
    """Rows as a run's network sees them; `names` of each, and which of the files it is `of`.

    `classes` are those that the files themselves name, None where they name none.
    """

    split: Split
    names: list[str]
    of: list[int]
    classes: list[str] | None = None


@dataclass(frozen=True)
class FileRows:
    """Files with these `suffixes` (`noun` in the plural), whose rows `read` makes; see `Dataset.file_rows`.

    `fits` says by what a run has fitted whether they are its inputs.  `read` raises ConfigError for a file that can't
    be read; its notes go to `Say`.
    """

    noun: str
    suffixes: tuple[str, ...]
    fits: Callable[[dict[str, Any]], bool]
    read: Callable[[dict[str, Any], Sequence[Path], Say], NewRows]


def nouns_and_suffixes() -> tuple[str, tuple[str, ...]]:
    """What may lie in a folder that a run is used on (pictures and sounds), and how these files end."""
    from dlrun.registry import kinds

    found = {rows.noun: rows.suffixes for kind in kinds("dataset").values() for rows in [kind.file_rows()]}
    *nouns, last = sorted(found)
    return " and ".join([", ".join(nouns), last]), tuple(suffix for noun in sorted(found) for suffix in found[noun])
