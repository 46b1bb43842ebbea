"""Optimizer `lbfgs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import flag, integer, number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper
from dlrun.registry import register


@register("optimizer", "lbfgs")
@dataclass(frozen=True)
class Lbfgs(Optimizer):
    """Limited-memory BFGS, for small problems with large batches; a step sees its batch several times."""

    needs_closure: ClassVar[bool] = True
    lr: float = number(1.0, "Step length.", low=0, above=True)
    iterations: int = integer(20, "Iterations in one step.", low=1)
    history: int = integer(10, "Updates remembered.", low=1)
    line_search: bool = flag(True, "Search the step length by the strong Wolfe conditions.")

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        search = "strong_wolfe" if self.line_search else None
        return torch.optim.LBFGS(params, self.lr, self.iterations, history_size=self.history, line_search_fn=search)
