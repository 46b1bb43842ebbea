"""`@dlrun.register.metric("name")`, and the same for the other groups of kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlrun import registry
from dlrun.config.problem import did_you_mean

GROUPS = ("dataset", "task", "loss", "base", "layer", "model", "optimizer", "schedule", "augment", "metric", "callback",
          "launcher")


class Register:
    """A decorator for each group; what it enters is chosen by its name, as dlrun's own kinds are.

    >>> @register.metric("always_two")
    ... class AlwaysTwo:
    ...     def reset(self): ...
    ...     def update(self, outputs, targets): ...
    ...     def compute(self): return 2.0
    >>> register.matric("x")
    Traceback (most recent call last):
    AttributeError: no group matric of kinds; did you mean  metric
    """

    def __getattr__(self, group: str) -> Callable[[str], Callable[[Any], Any]]:
        if group not in GROUPS:
            raise AttributeError(f"no group {group} of kinds{did_you_mean(group, GROUPS)}")
        return lambda name: registry.register(group, name)

    def __dir__(self) -> list[str]:
        return list(GROUPS)


register = Register()
