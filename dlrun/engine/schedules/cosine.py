"""Schedule `cosine`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.engine.schedules._base import Schedule
from dlrun.registry import register


@register("schedule", "cosine")
@dataclass(frozen=True)
class Cosine(Schedule):
    """The rate falls along half a cosine to the last step (Loshchilov and Hutter, 2017)."""

    needs_length: ClassVar[bool] = True
    final: float = number(0.0, "Share of the rate that is left at the end.", low=0, high=1)

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        done = min(step / max(total_steps - 1, 1), 1.0)
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * done)) / 2
