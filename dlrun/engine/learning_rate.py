"""The learning rate of each step: the configured rate, times warm-up, schedule and feedback."""

from __future__ import annotations

from typing import Any

from dlrun.config.schema.kinds import ScheduleKind
from dlrun.record.metric import Direction


class LearningRate:
    """`factor(step)` for every step; `epoch(metrics)` after each epoch, for schedules with feedback.

    `steps_per_epoch` and `total_steps` are those of the run, `lr` its configured rate; `direction` is the way
    in which the metric that feedback watches gets better.  The state is that of the feedback alone: everything else
    follows from the step.
    """

    def __init__(self, schedule: ScheduleKind, lr: float, steps_per_epoch: int, total_steps: int,
                 direction: Direction = "min"):
        self.schedule, self.lr, self._direction = schedule, lr, direction
        self._steps_per_epoch, self._total_steps = steps_per_epoch, total_steps
        self._state = schedule.first_state()

    def factor(self, step: int) -> float:
        """The learning rate of a step relative to `lr`: warm-up, schedule and feedback multiplied."""
        warmup = self.schedule.warmup
        warm = (step + 1) / warmup if step < warmup else 1.0
        relative = self.schedule.relative_rate(step, self._steps_per_epoch, self._total_steps)
        return warm * relative * self.schedule.feedback_factor(self._state)

    def steady(self, step: int) -> bool:
        """Whether all steps of this one's epoch from it on have the same rate."""
        return self.schedule.steady and step >= self.schedule.warmup

    def at(self, step: int) -> float:
        """The learning rate of a step."""
        return self.lr * self.factor(step)

    def epoch(self, metrics: dict[str, float]) -> None:
        """Feedback after an epoch with these metrics."""
        self.schedule.after_epoch(self._state, metrics, self.lr, self._direction)

    def state(self) -> dict[str, Any]:
        return dict(self._state)

    def load(self, state: dict[str, Any]) -> None:
        self._state = {name: state.pop(name) for name in self.schedule.first_state()}
