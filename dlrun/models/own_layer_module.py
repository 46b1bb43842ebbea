"""Makes a user's layer, and tries it on two rows of zeros."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlrun.config.own_arguments import accepts, wrong_argument
from dlrun.models.shapes import Shape
from dlrun.registry import load

_tried: dict[tuple[str, str, Shape], tuple[Shape, tuple[int, int]]] = {}


def make(target: str, args: dict[str, Any], shape: Shape) -> nn.Module:
    """The module that the class or function `target` gives for inputs of `shape`; ValueError says what is wrong."""
    maker = load(target)
    offered = {"input_shape": shape}
    name, wrong = wrong_argument(maker, args, offered)
    if wrong:
        raise ValueError(f"{target}, {name}: {wrong}")
    try:
        module = maker(**accepts(maker, offered), **args)
    except Exception as error:  # a user's class may raise anything; the message names it
        raise ValueError(f"{target} could not be made: {type(error).__name__}: {error}") from error
    if not isinstance(module, nn.Module):
        raise ValueError(f"{target} gives {type(module).__name__}; expected a torch.nn.Module")
    return module


def tried(target: str, args: dict[str, Any], shape: Shape) -> tuple[Shape, tuple[int, int]]:
    """The output's shape for inputs of `shape`, and how many trainable and frozen values it has; found once."""
    key = (target, repr(sorted(args.items())), shape)
    if key not in _tried:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), torch.device("cpu"):
            module = make(target, args, shape).eval()
            try:
                end = module(torch.zeros(2, *shape))
            except Exception as error:  # as above
                raise ValueError(f"{target} does not take such rows: {type(error).__name__}: {error}") from error
        if not isinstance(end, torch.Tensor) or end.ndim < 2 or len(end) != 2:
            found = tuple(end.shape) if isinstance(end, torch.Tensor) else type(end).__name__
            raise ValueError(f"{target} gives {found} for 2 rows; expected a tensor (2, ...)")
        trainable = sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
        frozen = sum(value.numel() for value in module.state_dict().values()) - trainable
        _tried[key] = tuple(end.shape[1:]), (trainable, frozen)
    return _tried[key]
