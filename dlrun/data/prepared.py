"""What the data room hands over: the rows of a split, and all splits with what was fitted on the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.form import VALUES, Form

if TYPE_CHECKING:
    from dlrun.data.row_stream import RowStream
    from dlrun.data.scale import Scale, Target
    from dlrun.data.vocabulary import Vocabulary


@dataclass(frozen=True)
class Split:
    """Rows as they are stored; `y` is None where a source has no targets.  May be read-only maps of a file.

    Where `rows` is given, `x` is a series (steps, features) or running text (steps,), and `rows` (int64) the steps
    where its windows begin.  `form` says what the stored rows become.  Rows with a `stream` are drawn in each
    pass, or not held: then `x` is a placeholder (`data.row_stream`).  `groups` has the group of each row (N,), where
    rows of one are in one split alone.  `digests` are those of `inspection.row_digests`, where they were asked for.
    """

    x: np.ndarray
    y: np.ndarray | None
    rows: np.ndarray | None = None
    form: Form = VALUES
    stream: RowStream | None = None
    groups: np.ndarray | None = None
    digests: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.x if self.rows is None else self.rows)

    @property
    def held(self) -> bool:
        """Whether `x` has the rows, and is no placeholder."""
        return self.stream is None or self.stream.held


@dataclass(frozen=True)
class PreparedData:
    """The splits of a data set, their scale, and where they come from.

    `hash` is a SHA-256 over everything that the run sees: the stored arrays (kind, shape, bytes) and which of their
    rows are in which split.  Scale, vocabulary and what stands in for missing numbers follow from these.
    `targets` holds a target that is a number, or where there are several targets all of them in their order;
    `vocabulary` belongs to words and characters.
    `settings` are those by which new rows are made (maxlen, padding ...), `stand_in` the numbers of missing cells.
    """

    data_spec: DatasetSpec
    train: Split
    val: Split | None
    test: Split | None
    scale: Scale
    hash: str
    label: str
    files: dict[str, str]
    notes: list[str]
    vocabulary: Vocabulary | None = None
    targets: tuple[Target, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    stand_in: np.ndarray | None = None

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that are there, by name: train, val, test."""
        found = {"train": self.train, "val": self.val, "test": self.test}
        return {name: split for name, split in found.items() if split is not None}

    def with_splits(self, splits: Mapping[str, Split], **others: Any) -> PreparedData:
        """The same with these splits, by name, and other values of fields."""
        return replace(self, **{**splits, **others})
