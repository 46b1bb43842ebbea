"""A user's schedule, chosen by `_target_`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.own_arguments import wrong_argument
from dlrun.config.problem import Problem
from dlrun.config.schema.fields import free, mapping, text
from dlrun.config.schema.kind import OwnClass
from dlrun.engine.schedules._base import Schedule
from dlrun.registry import load, register

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config

PLACED = ("step", "steps_per_epoch", "total_steps")


@register("schedule", "custom")
@dataclass(frozen=True)
class CustomSchedule(OwnClass, Schedule):
    """A function of your own, by `_target_`: (step, steps_per_epoch, total_steps, **arguments) -> factor.

    The factor is that of optimizer.lr; steps count from 0.  It may depend on the run's length, so a longer
    run starts from the beginning.
    """

    needs_length: ClassVar[bool] = True
    target: str = text("", "module.function of your own code.")
    args: dict[str, Any] | None = mapping(None, "What the function is called with, besides the steps.")
    source: str = free("", "Hash of the module's file.")

    @cached_property
    def _function(self) -> Callable[..., float]:
        function: Callable[..., float] = load(self.target)
        return function

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        name, wrong = wrong_argument(self._function, self.args or {}, placed=PLACED)
        if wrong:
            yield Problem(f"schedule.{name}", f"{self.target}: {wrong}", origin(f"schedule.{name}"))

    def relative_rate(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        return float(self._function(step, steps_per_epoch, total_steps, **(self.args or {})))
