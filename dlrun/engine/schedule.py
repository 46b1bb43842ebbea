"""The learning rate of a step: the configured rate times a factor.

All schedules are functions of the step, but the plateau, whose factor is state.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from dlrun.config import schedules as schemas
from dlrun.config.schema.stopping import smaller_is_better


class LearningRate:
    """`factor(step)` for every step; `epoch(metrics)` after each epoch, for the plateau.

    `steps_per_epoch` and `total_steps` are those of the run, `lr` its configured rate.
    """

    def __init__(self, config: schemas.Schedule, lr: float, steps_per_epoch: int, total_steps: int):
        self.config, self.lr = config, lr
        self._factor = _function(config, steps_per_epoch, total_steps)
        self.plateau_factor, self.best, self.waited = 1.0, math.inf, 0

    def factor(self, step: int) -> float:
        warm = (step + 1) / self.config.warmup if step < self.config.warmup else 1.0
        return warm * self._factor(step) * self.plateau_factor

    def at(self, step: int) -> float:
        """The learning rate of a step."""
        return self.lr * self.factor(step)

    def epoch(self, metrics: dict[str, float]) -> None:
        """Lower the rate where the watched metric has not improved for `patience` epochs."""
        config = self.config
        if not isinstance(config, schemas.Plateau) or config.monitor not in metrics:
            return
        value = metrics[config.monitor] * (1 if smaller_is_better(config.monitor) else -1)
        if value < self.best - config.min_delta:
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited >= config.patience:
            lowest = config.min_lr / self.lr
            self.plateau_factor, self.waited = max(self.plateau_factor * config.factor, lowest), 0

    def state(self) -> dict[str, object]:
        return {"plateau_factor": self.plateau_factor, "best": self.best, "waited": self.waited}

    def load(self, state: dict[str, object]) -> None:
        self.plateau_factor = state.pop("plateau_factor")  # type: ignore[assignment]
        self.best = state.pop("best")  # type: ignore[assignment]
        self.waited = state.pop("waited")  # type: ignore[assignment]


def _function(config: schemas.Schedule, steps_per_epoch: int, total_steps: int) -> Callable[[int], float]:
    if isinstance(config, schemas.Step):
        every, factor = config.every * steps_per_epoch, config.factor
        return lambda step: factor ** (step // every)
    if isinstance(config, schemas.Exponential):
        base = config.factor
        return lambda step: base ** (step // steps_per_epoch)
    if isinstance(config, schemas.Cosine):
        final, last = config.final, max(total_steps - 1, 1)
        return lambda step: final + (1 - final) * (1 + math.cos(math.pi * min(step / last, 1.0))) / 2
    if isinstance(config, schemas.InverseTime):
        decay = config.decay
        return lambda step: 1 / (1 + decay * step)
    return lambda step: 1.0
