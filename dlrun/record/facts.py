"""What remarks on a result follow from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlrun.record.remarks import Remark


@dataclass(frozen=True)
class Facts:
    """What remarks follow from: a result, the rows of its metrics.jsonl, and rows of each class by split.

    `counts` are ``{"train": [...], "val": [...], "test": [...]}`` by class; {} where the targets are no classes.
    `data` are the remarks on the rows alone, made before training.  `target` is the mean and the deviation, as a
    network is trained on it, of a target that is a number.  `input_shape` is (channels, height, width) where the
    inputs are pictures, and empty where they are not; `augmented` says whether training rows are changed.
    """

    result: Mapping[str, Any]
    epochs: Sequence[Mapping[str, Any]] = ()
    counts: Mapping[str, Sequence[int]] = field(default_factory=dict)
    data: Sequence[Remark] = ()
    target: tuple[float, float] | None = None
    input_shape: tuple[int, ...] = ()
    augmented: bool = False

    def option(self, key: str) -> Any:
        """A value of the run's configuration."""
        return (self.result.get("config") or {}).get(key)

    @property
    def split(self) -> str:
        """The rows that the result is of."""
        return str((self.result.get("baseline") or {}).get("part", "test"))

    @property
    def rows(self) -> int:
        """How many they are."""
        return int((self.result.get("rows") or {}).get(self.split, 0))

    @property
    def cut(self) -> bool:
        """Whether the run was asked to end early, or to see fewer rows: a trial."""
        return any(self.option(key) is not None for key in ("max_steps", "max_seconds", "steps_per_epoch"))
