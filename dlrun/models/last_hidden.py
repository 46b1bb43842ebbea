"""Where a network has its features of a row: in front of its last layer with weights."""

from __future__ import annotations

from torch import nn


def last_weighted(model: nn.Module) -> nn.Module | None:
    """The last innermost module with weights, whose inputs are the last hidden features; None without one."""
    leaves = [module for module in model.modules() if not any(module.children())]
    return next((module for module in reversed(leaves) if any(True for _ in module.parameters())), None)
