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
    def steady(self) -> bool:
        return type(self).relative_rate is Constant.relative_rate  # a kind of a user's may be a subclass

    @property
    def label(self) -> str:
        return ""

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        return 1.0
