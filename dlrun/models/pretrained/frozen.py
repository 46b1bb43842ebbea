"""Which modules of a base are frozen, by names and patterns."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

import torch
from torch import nn

from dlrun.models.bases._base import Base
from dlrun.models.step_rng import StepRng


def is_named(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a module, or one around it, has a name that is one of the patterns.

    >>> is_named("block7.0.project.norm", ("block7",)), is_named("block1.0", ("*.norm", "head"))
    (True, False)
    """
    parts = name.split(".")
    return any(fnmatchcase(".".join(parts[:end]), pattern) for end in range(1, len(parts) + 1) for pattern in patterns)


def frozen_modules(net: nn.Module, trained: tuple[str, ...]) -> Iterator[tuple[str, nn.Module]]:
    """The innermost modules of a network that are not trained, with their names.

    A module that has weights of its own beside modules inside counts as innermost for these.
    """
    for name, module in net.named_modules():
        own = bool(module._parameters or module._buffers)
        if (own or not any(module.children())) and not is_named(name, trained):
            yield name, module


@cache
def trained_count(base: Base, trained: tuple[str, ...]) -> int:
    """The parameters of a base that are trained."""
    with torch.device("meta"):
        net = base.build(base.pictures().size, StepRng(0, torch.device("cpu")))
    frozen = sum(weight.numel() for _, module in frozen_modules(net, trained)
                 for weight in module.parameters(recurse=False))
    return sum(weight.numel() for weight in net.parameters()) - frozen
