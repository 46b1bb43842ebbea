"""Schedule `constant`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.engine.schedules._base import Schedule
from dlrun.registry import register


@register("schedule", "constant")
@dataclass(frozen=True)
class Constant(Schedule):
    """The learning rate stays."""

    @property
    def label(self) -> str:
        return ""

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        return 1.0
