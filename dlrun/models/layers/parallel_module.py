"""The module of ``parallel``, and how its branches are merged."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor, nn

from dlrun.models.layer import Parts


class Parallel(nn.ModuleDict):
    """Branches ``branch_1``, ``branch_2``, ... of the same input, merged."""

    def __init__(self, parts: Parts, merge: str):
        super().__init__(parts)
        self.merge = MERGES[merge]

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
