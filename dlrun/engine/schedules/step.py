"""Schedule `step`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import integer, number
from dlrun.engine.schedules._base import Schedule
from dlrun.registry import register


@register("schedule", "step")
@dataclass(frozen=True)
class Step(Schedule):
    """The rate drops by a factor every so many epochs."""

    every: int = integer(10, "Epochs between two drops.", low=1)
    factor: float = number(0.1, "What the rate is multiplied by.", low=0, above=True, high=1)

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        return self.factor ** (step // (self.every * steps_per_epoch))
