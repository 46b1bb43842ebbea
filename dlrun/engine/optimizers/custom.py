"""A user's optimizer, chosen by `_target_`."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from dlrun.config.own_arguments import wrong_argument
from dlrun.config.problem import problem
from dlrun.config.schema.fields import free, mapping, text
from dlrun.config.schema.kind import OwnClass
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper
from dlrun.registry import load, register


@register("optimizer", "custom")
@dataclass(frozen=True)
class CustomOptimizer(OwnClass, Optimizer):
    """A torch.optim.Optimizer of your own: the class that `_target_` names, called with params, lr and its arguments.

    Its state has to be in ``state_dict()["state"]``; ``param_groups[i]["lr"]`` is set before each step.  One whose step
    needs a closure is registered as a kind instead, with ``needs_closure = True``.
    """

    target: str = text("", "module.Class of your own code.")
    args: dict[str, Any] | None = mapping(None, "What the class is called with, besides params and lr.")
    source: str = free("", "Hash of the module's file.")

    def build(self, params: Params, device: Device) -> Stepper:
        """Raises ConfigError for a class that cannot be called so, or makes something else."""
        import torch

        made, args = load(self.target), self.args or {}
        given = f"optimizer._target_={self.target}"
        name, wrong = wrong_argument(made, ["lr", *args], placed=["params"])
        if wrong:
            raise problem(f"optimizer.{name}", f"{self.target}: {wrong}")
        optimizer = made(params, lr=self.lr, **args)
        if not isinstance(optimizer, torch.optim.Optimizer):
            raise problem(given, f"expected a torch.optim.Optimizer, not a {type(optimizer).__name__}")
        closure = inspect.signature(optimizer.step).parameters.get("closure")
        if closure is not None and closure.default is inspect.Parameter.empty:
            raise problem(given, "its step needs a closure; register a kind with needs_closure = True")
        return optimizer
