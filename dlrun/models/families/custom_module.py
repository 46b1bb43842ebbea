"""Makes a user's own model, from a module that they allowed on the command line."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlrun.config.own_arguments import accepts, wrong_argument
from dlrun.config.problem import problem
from dlrun.config.seeds import derive_seed
from dlrun.models.shapes import Shape
from dlrun.registry import BrokenKind, load


def make(target: str, args: dict[str, Any], input_shape: Shape, outputs: int, seed: int) -> nn.Module:
    """Call the user's class with its arguments, and with `outputs` and `input_shape` if it takes them.

    Its initial weights come from the run's seed.  What its own code raises goes through as it is.
    """
    try:
        made = load(target)
    except BrokenKind as broken:
        raise problem(broken.given, broken.reason) from broken
    offered = {"outputs": outputs, "input_shape": input_shape}
    name, wrong = wrong_argument(made, args, offered)
    if wrong:
        raise problem(f"model.{name}", f"{target}: {wrong}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "init", target) % (1 << 63))
        model = made(**{**accepts(made, offered), **args})
    if not isinstance(model, nn.Module):
        raise problem(f"model._target_={target}", f"expected a torch.nn.Module, not a {type(model).__name__}")
    with torch.no_grad():
        model.eval()
        found = model(torch.zeros(2, *input_shape, dtype=torch.float32))
        model.train()
    if not isinstance(found, torch.Tensor):
        raise problem(f"model._target_={target}", f"its forward gives a {type(found).__name__} for a batch of 2 rows; "
                                                  f"expected one tensor of (2, {outputs}), what is trained on alone")
    shape = tuple(found.shape)
    if shape != (2, outputs):
        raise problem(f"model._target_={target}",
                      f"it gives {shape} for a batch of 2 rows; the task needs (2, {outputs})")
    return model
