"""What every schedule has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import integer
from dlrun.config.schema.kind import Kind
from dlrun.config.schema.root import Config
from dlrun.record.metric import Direction


@dataclass(frozen=True)
class Schedule(Kind):
    """The base of the kinds of group `schedule`; a kind adds its own keys and `relative_rate`.

    A kind of your own is a subclass, registered under a name in a module that the command allows:

    >>> from dlrun.config.schema.fields import integer
    >>> from dlrun.registry import register
    >>> @register("schedule", "triangle")
    ... @dataclass(frozen=True)
    ... class Triangle(Schedule):
    ...     '''The rate rises and falls in turn (Smith, 2017).'''
    ...
    ...     period: int = integer(100, "Steps from one peak to the next.", low=2)
    ...
    ...     def relative_rate(self, step, steps_per_epoch, total_steps):
    ...         return abs(1 - 2 * (step % self.period) / self.period)
    >>> [Triangle(period=4).relative_rate(step, 10, 30) for step in range(5)]
    [1.0, 0.5, 0.0, 0.5, 1.0]
    """

    stand_in: ClassVar[str] = "constant"
    needs_length: ClassVar[bool] = False  # the rates depend on how long the run will be
    warmup: int = integer(0, "Steps in which the rate rises linearly from 0 to its value.", low=0)

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        """The rate of a step as a factor of optimizer.lr; warm-up and feedback are multiplied to it."""
        raise NotImplementedError

    @property
    def steady(self) -> bool:
        """Whether after warm-up all steps of an epoch have the same rate, so that it is asked for once."""
        return False

    @property
    def label(self) -> str:
        """How a run's header names it; empty where the rate stays."""
        return self.kind

    @property
    def watched(self) -> str | None:
        """The metric that its feedback needs; None without feedback."""
        return None

    @property
    def watched_mode(self) -> str:
        """Which way that metric gets better: min, max, or auto for the metric's own direction."""
        return "auto"

    @property
    def watched_epochs(self) -> int | None:
        """The epochs without improvement that its feedback waits for; None where it does not count them."""
        return None

    def first_state(self) -> dict[str, Any]:
        """What feedback remembers, as plain values; in the checkpoint, so a kind's keys must not change.

        A schedule without feedback keeps a plateau's, so that all checkpoints have the same keys.
        """
        return {"plateau_factor": 1.0, "best": math.inf, "waited": 0}

    def feedback_factor(self, state: Mapping[str, Any]) -> float:
        """The factor that feedback has come to."""
        return 1.0

    def after_epoch(self, state: dict[str, Any], metrics: Mapping[str, float], lr: float,
                    direction: Direction = "min") -> None:
        """Feedback: change `state` by the metrics of an epoch.

        `lr` is optimizer.lr, `direction` the way in which the metric that is `watched` gets better.
        """

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterable[Problem]:
        """What does not go together, in its own keys or with the rest of the configuration."""
        return ()
