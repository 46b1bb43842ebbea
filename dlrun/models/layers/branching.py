"""Modules that hold lists of modules."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor, nn

from dlrun.models import vocabulary as words
from dlrun.models.layers.activation import FUNCTIONS


class Residual(nn.Module):
    """activation(layers(x) + shortcut(x)); an empty shortcut is the identity."""

    def __init__(self, layer: words.Residual, parts: dict[str, nn.Module]):
        super().__init__()
        self.layers, self.shortcut = parts["layers"], parts["shortcut"]
        self.function = FUNCTIONS.get(layer.activation)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers(x) + self.shortcut(x)
        return x if self.function is None else self.function(x)


class Parallel(nn.ModuleDict):
    """Branches ``branch_1``, ``branch_2``, ... of the same input, merged."""

    def __init__(self, layer: words.Parallel, parts: dict[str, nn.Module]):
        super().__init__(parts)
        self.merge = MERGES[layer.merge]

    def forward(self, x: Tensor) -> Tensor:
        return self.merge([branch(x) for branch in self.values()])


def _concat(ends: list[Tensor]) -> Tensor:
    return torch.cat(ends, 1)


def _add(ends: list[Tensor]) -> Tensor:
    return reduce(torch.add, ends)


def _multiply(ends: list[Tensor]) -> Tensor:
    return reduce(torch.mul, ends)


def _average(ends: list[Tensor]) -> Tensor:
    return _add(ends) / len(ends)


def _max(ends: list[Tensor]) -> Tensor:
    return reduce(torch.maximum, ends)


MERGES = {"concat": _concat, "add": _add, "multiply": _multiply, "average": _average, "max": _max}
