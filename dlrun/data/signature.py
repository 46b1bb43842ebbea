"""What the rest of dlrun needs to know of a data set: shapes and kinds, never the rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signature:
    """One row of a data set.

    `input_shape` is that of one input by `input_kind`: "image" (channels, height, width), "table" (features,),
    "series" (features, length), "tokens" (length,), ids from 0 to `vocabulary` - 1.
    `target_kind` is "classes" (one of `classes`), "labels" (0 or 1 for each of `classes`), "number" (in `unit`),
    "tokens" (an id below `target_vocabulary`: one for the row where `target_length` is 0, else one at each of so
    many positions), or "none" where a source has no targets.
    `padding` is the id that fills rows up, in inputs and in per-position targets; None where nothing is filled up.
    `next_token` says that a "tokens" target is what comes next in the text itself.
    `features` are the names of a table's or a series' columns, `target_name` that of a number or token.
    """

    input_shape: tuple[int, ...]
    input_kind: str
    target_kind: str
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    vocabulary: int = 0
    padding: int | None = None
    target_length: int = 0
    target_vocabulary: int = 0
    next_token: bool = False
    target_name: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Peek:
    """A data set seen without reading it all: its signature and the rows of its parts.

    `rows` has "train" and, where the source comes with them, "val" and "test".
    A source without its own test part has all its rows in "train"; `test` of its config is taken from there.
    Of a series or a running text the rows are its steps; `split.split_rows` makes windows of them.
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
