"""The modules of a network that are frozen, and how many parameters are not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import torch
from torch import nn

from dlrun.models.bases._base import Base
from dlrun.models.pretrained.freezing import Freezing
from dlrun.models.step_rng import StepRng


def frozen_modules(net: nn.Module, freezing: Freezing) -> Iterator[tuple[str, nn.Module]]:
    """The innermost modules of a network that are not trained, with their names.

    A module that has weights of its own beside modules inside counts as innermost for these.
    """
    for name, module in net.named_modules():
        own = bool(module._parameters or module._buffers)
        if (own or not any(module.children())) and not freezing.trains(name):
            yield name, module


@cache
def trained_count(base: Base, freezing: Freezing) -> int:
    """The parameters of a base that are trained."""
    with torch.device("meta"):
        net = base.build(base.pictures().size, StepRng(0, torch.device("cpu")))
    frozen = sum(weight.numel() for _, module in frozen_modules(net, freezing)
                 for weight in module.parameters(recurse=False))
    return sum(weight.numel() for weight in net.parameters()) - frozen
