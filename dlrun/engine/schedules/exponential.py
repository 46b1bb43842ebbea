"""Schedule `exponential`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import number
from dlrun.engine.schedules._base import Schedule
from dlrun.registry import register


@register("schedule", "exponential")
@dataclass(frozen=True)
class Exponential(Schedule):
    """The rate shrinks by a factor each epoch."""

    factor: float = number(0.95, "What the rate is multiplied by each epoch.", low=0, above=True, high=1)

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        return self.factor ** (step // steps_per_epoch)
