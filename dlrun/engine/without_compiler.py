"""Keeps torch's compiler out of runs that compile nothing: its import costs about a second of every start.

torch's optimizers import the whole compiler (torch._dynamo) at their first call, only to tell it to look
away.  Both ways in are ordinary wrappers (`__wrapped__`), and what they wrap is what does the work.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

_MARK = "__dynamo_disable"


def without_compiler() -> None:
    """Mark the optimizers' methods as done with; harmless where a torch release has no such marks."""
    for name in ("zero_grad", "state_dict", "load_state_dict", "add_param_group"):
        method: Any = getattr(Optimizer, name)
        inner = getattr(method, "__wrapped__", None)
        if inner is not None and not hasattr(inner, _MARK):
            setattr(inner, _MARK, inner)


def bare_step(optimizer: Optimizer) -> Callable[[], Any]:
    """The optimizer's own update, without torch's wrappers (gradient mode, profiler, hooks: none is used here).

    A user's class may have wrappers that matter: it keeps them.
    """
    if type(optimizer).__module__.partition(".")[0] not in ("torch", "dlrun"):
        return optimizer.step
    step = inspect.unwrap(type(optimizer).step)

    def update() -> None:
        with torch.no_grad():
            step(optimizer)

    return update
