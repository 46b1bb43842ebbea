"""The summary of a module that somebody else has written: what it calls in one pass, with shapes and counts."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlrun.models.plan import LayerRow
from dlrun.models.shapes import Shape


def module_rows(model: nn.Module, input_shape: Shape) -> list[LayerRow]:
    """The modules without modules inside, in the order in which a pass first calls them; then what is never called.

    Parameters of the model's own (of no module inside) are the last row.
    """
    leaves = {module: name for name, module in model.named_modules() if not list(module.children())}
    shapes: dict[nn.Module, Shape] = {}

    def note(module: nn.Module, inputs: Any, output: Any) -> None:
        tensor = output[0] if isinstance(output, tuple) and output else output  # a recurrent layer gives states too
        shapes.setdefault(module, tuple(tensor.shape[1:]) if isinstance(tensor, torch.Tensor) else ())

    hooks = [module.register_forward_hook(note) for module in leaves]
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(2, *input_shape))
    finally:
        for hook in hooks:
            hook.remove()
        model.train()
    order = [*shapes, *(module for module in leaves if module not in shapes)]
    rows = [_row(leaves[module] or type(module).__name__, module, shapes.get(module, ()), list(module.parameters()))
            for module in order]
    inside = {id(weight) for module in leaves for weight in module.parameters()}
    own = [weight for weight in model.parameters() if id(weight) not in inside]
    return rows + ([_row("(its own)", model, (), own)] if own else [])


def _row(name: str, module: nn.Module, shape: Shape, weights: list[nn.Parameter]) -> LayerRow:
    trainable = sum(weight.numel() for weight in weights if weight.requires_grad)
    text = type(module).__name__ + (f"({module.extra_repr()})" if module.extra_repr() else "")
    return LayerRow(name.replace(".", "/"), type(module).__name__, text, shape, trainable,
                    sum(weight.numel() for weight in weights) - trainable)
