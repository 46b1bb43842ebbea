"""What the rest of dlrun needs to know of a data set: shapes and kinds, never the rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signature:
    """One row of a data set.

    `input_shape` is that of one input: (channels, height, width) for images, (features,) for tables.
    `input_kind` is "image" or "table"; `target_kind` is "classes" or "number", or "none" where a source has no targets.
    `classes` are the names of the classes in label order, `features` those of a table's columns.
    """

    input_shape: tuple[int, ...]
    input_kind: str
    target_kind: str
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Peek:
    """A data set seen without reading it all: its signature and the rows of its parts.

    `rows` has "train" and, where the source comes with them, "val" and "test".
    A source without its own test part has all its rows in "train"; `test` of its config is taken from there.
    """

    signature: Signature
    rows: dict[str, int]


@dataclass(frozen=True)
class Column:
    """A column of a table as it stood in the source; a text column becomes one input a word of `words`."""

    name: str
    kind: str  # number | text
    words: tuple[str, ...] = ()
    missing: int = 0  # cells without a value
