"""Schedule `inverse_time`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import number
from dlrun.engine.schedules._base import Schedule
from dlrun.registry import register


@register("schedule", "inverse_time")
@dataclass(frozen=True)
class InverseTime(Schedule):
    """lr / (1 + decay * step): the `decay` of Keras 1 and 2."""

    decay: float = number(1e-4, "Decay a step.", low=0)

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        return 1 / (1 + self.decay * step)
