"""What the rest of dlrun needs to know of a data set: shapes and kinds, never the rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Head:
    """One of several targets: one of `classes`, or where there are none a number (in `unit`)."""

    name: str
    classes: tuple[str, ...] = ()
    unit: str = ""

    @property
    def key(self) -> str:
        """The name as the first part of a measure's: ``age`` of ``age_mae``."""
        return re.sub(r"[^\w().%-]+", "_", self.name).strip("_") or "target"

    @property
    def outputs(self) -> int:
        """Outputs of a network: one for a number, one logit for two classes, else one for each class."""
        return len(self.classes) if len(self.classes) > 2 else 1


@dataclass(frozen=True)
class DatasetSpec:
    """One row of a data set.

    `input_shape` is that of one input by `input_kind`: "image" (channels, height, width), "table" (features,),
    "series" (features, length), "tokens" (length,), ids from 0 to `vocabulary` - 1.
    `target_kind` is "classes" (one of `classes`), "labels" (0 or 1 for each of `classes`), "number" (in `unit`),
    "several" (a number or the number of a class for each of `heads`),
    "tokens" (an id below `target_vocabulary`: one for the row where `target_length` is 0, else one at each of so
    many positions), or "none" where a source has no targets.
    `padding` is the id that fills rows up, in inputs and in per-position targets; None where nothing is filled up.
    `next_token` says that a "tokens" target is what comes next in the text itself.
    `features` are the names of a table's or a series' columns, `target_name` that of a number or token.  Of a table's
    columns of texts `categories` has the first input and the number of inputs, one for each of its words.
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
    heads: tuple[Head, ...] = ()
    categories: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> DatasetSpec:
        """The spec that `dataclasses.asdict` made plain, also by way of JSON."""
        known: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        known["categories"] = tuple((start, words) for start, words in values.get("categories", ()))
        known["heads"] = tuple(Head(**{**head, "classes": tuple(head["classes"])}) for head in values.get("heads", ()))
        return cls(**known)

    def several(self) -> tuple[Head, ...]:
        """The targets where there are several; each label counts as one of two classes."""
        return self.heads or tuple(Head(name, ("0", "1")) for name in self.classes)


@dataclass(frozen=True)
class DatasetInfo:
    """A data set seen without reading it all: its spec and the rows of its splits.

    `rows` has "train" and, where the source comes with them, "val" and "test".
    A source without its own test split has all its rows in "train"; `test` of its config is taken from there.
    Of a series or a running text the rows are its steps; `split.split_rows` makes windows of them.
    `revision` is that of the reading: 2 where dlrun once made something else of the same files.
    `without_target` are the steps of a series whose target is missing.  `heavy` are the columns of a user's table with
    heavy tails.  `split` are the rows of a run's splits where they cannot be computed from `rows`: whole groups.
    """

    data_spec: DatasetSpec
    rows: dict[str, int]
    revision: int = 1
    without_target: tuple[int, ...] = ()
    heavy: tuple[str, ...] = ()
    split: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table as it stood in the source; a text column becomes one input a word of `words`.

    A date becomes one input for each part of `words` (`formats.dates.PARTS`).  With `indicator` a further input says
    with 1 that a number or a date is missing.
    """

    name: str
    kind: str  # number | text | date
    words: tuple[str, ...] = ()
    missing: int = 0  # cells without a value
    indicator: bool = False

    @property
    def features(self) -> list[str]:
        """The names of its inputs."""
        if self.kind == "text":
            return [f"{self.name}={word}" for word in self.words]
        numbers = [f"{self.name} {part}" for part in self.words] or [self.name]
        return [*numbers, *([f"{self.name} is missing"] if self.indicator else [])]

    @property
    def scaled(self) -> list[bool]:
        """Which of its inputs are numbers, which are scaled; the others are 0 or 1."""
        if self.kind == "text":
            return [False] * len(self.words)
        return [True] * max(1, len(self.words)) + [False] * self.indicator
