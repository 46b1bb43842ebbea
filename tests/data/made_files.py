"""A user's file as the tests of made files have it: what is in it, and what it must become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class MadeFile:
    """A file with the values that it was made of, or with what is said of it.

    `chosen` are the overrides that choose it, but for its path.  `x` and `y` are the inputs and targets of training as
    they are stored, None where the file is refused: with one sentence, which has `says`.  Of a file that is read
    `says` is in a note; without it there is none.  `new` are the rows that `predict` makes of the same file, where
    they are others than x; `unlike` says that it takes none.
    """

    name: str
    data: bytes
    chosen: tuple[str, ...]
    x: Any = None
    y: Any = None
    says: str = ""
    new: Any = None
