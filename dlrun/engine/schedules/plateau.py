"""Schedule `plateau`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import choice, integer, number, text
from dlrun.config.schema.root import Config
from dlrun.engine.schedules._base import Schedule
from dlrun.record.metric import Direction
from dlrun.registry import register


@register("schedule", "plateau")
@dataclass(frozen=True)
class Plateau(Schedule):
    """The rate drops when a metric stops improving."""

    monitor: str = text("val/loss", "Metric that is watched.")
    mode: str = choice("auto", ("auto", "min", "max"), "Which way the metric gets better; auto: as the metric says.")
    factor: float = number(0.1, "What the rate is multiplied by.", low=0, above=True, high=1, below=True)
    patience: int = integer(10, "Epochs without improvement that are waited for.", low=1)
    min_delta: float = number(1e-4, "Smaller changes are no improvement.", low=0)
    min_lr: float = number(0.0, "The rate goes no lower.", low=0)

    @property
    def steady(self) -> bool:
        return type(self).relative_rate is Plateau.relative_rate  # a kind of a user's may be a subclass

    @property
    def watched(self) -> str | None:
        return self.monitor

    @property
    def watched_mode(self) -> str:
        return self.mode

    @property
    def watched_epochs(self) -> int:
        return self.patience

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        return 1.0

    def feedback_factor(self, state: Mapping[str, Any]) -> float:
        factor: float = state["plateau_factor"]
        return factor

    def after_epoch(self, state: dict[str, Any], metrics: Mapping[str, float], lr: float,
                    direction: Direction = "min") -> None:
        """Lower the rate where the watched metric has not improved for `patience` epochs, as Keras does."""
        if self.monitor not in metrics:
            return
        value = metrics[self.monitor] * (-1 if direction == "max" else 1)
        if value < state["best"] - self.min_delta:
            state |= {"best": value, "waited": 0}
            return
        state["waited"] += 1
        if state["waited"] >= self.patience:
            lowest = self.min_lr / lr
            before = state["plateau_factor"]  # which a phase of another rate may have found below `lowest`
            state |= {"plateau_factor": min(before, max(before * self.factor, lowest)), "waited": 0}

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        if self.min_lr > config.optimizer.lr:
            yield Problem(f"schedule.min_lr={self.min_lr:.12g}",
                          f"the rate begins at optimizer.lr={config.optimizer.lr:.12g} and only falls",
                          origin("schedule.min_lr"))
        for phase in config.phases:
            if phase.lr is not None and self.min_lr > phase.lr:
                yield Problem(f"schedule.min_lr={self.min_lr:.12g}",
                              f"a phase begins at lr={phase.lr:.12g} (epoch {phase.epoch}), and the rate only falls",
                              origin("schedule.min_lr"))
