"""The layers of a network by name: what each makes of rows, and the nearest name of one that is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.config.problem import did_you_mean, problem
from dlrun.models.composite import Composite

_BASE = re.compile(r"^base_\d+\.net\.")
Forward = Callable[[Tensor], Any]


@dataclass(frozen=True)
class LayerOutput:
    """A layer that runs on rows: its module's whole name, how a person calls it, and the shape of what it makes of one.

    An `outermost` one stands in the list of the network (or of a part of it, as an encoder), or is a block of its base.
    """

    module: str
    name: str
    shape: tuple[int, ...]
    outermost: bool


def layer_outputs(model: nn.Module, forward: Forward, x: Tensor) -> list[LayerOutput]:
    """All layers that run when `forward` sees the row(s) `x` and give a tensor, in the order in which they end."""
    found: dict[str, tuple[int, ...]] = {}
    hooks = [module.register_forward_hook(_note(name, found)) for name, module in model.named_modules() if name]
    try:
        with torch.no_grad():
            forward(x)
    finally:
        for hook in hooks:
            hook.remove()
    depth = 1 if isinstance(model, Composite) else 0  # layers of a part are called encoder.conv_1
    return [LayerOutput(name, short(name), shape, short(name).count(".") == depth) for name, shape in found.items()]


def short(name: str) -> str:
    """A module's name without the base around it, as `model.unfreeze` takes it.

    >>> short("base_1.net.block5.0"), short("conv_1")
    ('block5.0', 'conv_1')
    """
    return _BASE.sub("", name)


def _note(name: str, found: dict[str, tuple[int, ...]]) -> Callable[..., None]:
    def hook(module: nn.Module, given: Any, made: Any) -> None:
        made = tensor_of(made)
        if made is not None:
            found.pop(name, None)  # one that runs twice stands where it ends last
            found[name] = tuple(made.shape[1:])

    return hook


def tensor_of(made: Any) -> Tensor | None:
    """What a module gave, or the first of several things; None where that is no tensor of rows."""
    if isinstance(made, (tuple, list)) and made:
        made = made[0]
    return made if isinstance(made, Tensor) and made.ndim > 1 and made.is_floating_point() else None


def named_layer(word: str, layers: Sequence[LayerOutput], key: str = "layer") -> LayerOutput:
    """The layer of this name; raises ConfigError with the nearest name, and the list of those that there are."""
    for layer in layers:
        if word in (layer.name, layer.module):
            return layer
    names = [layer.name for layer in layers if layer.outermost]
    inside = next((layer.name for layer in reversed(layers) if not layer.outermost), "")
    listed = ", ".join(dict.fromkeys(names)) + (f", and what is inside them, as {inside}" if inside else "")
    raise problem(f"{key}={word}", f"no such layer{did_you_mean(word, [layer.name for layer in layers])}; there are "
                                   f"{listed}")


@contextmanager
def watching(model: nn.Module, modules: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """What modules give, by their whole names, of each call in the block; gradients flow through it.

    What is given on is a copy: a layer behind that works in place changes nothing of what is seen here.
    """
    seen: dict[str, Tensor] = {}

    def watch(name: str) -> Callable[..., Any]:
        def hook(module: nn.Module, given: Any, made: Any) -> Any:
            found = tensor_of(made)
            if found is None:
                return None
            seen[name] = found
            return found.clone() if made is found else None

        return hook

    hooks = [model.get_submodule(name).register_forward_hook(watch(name)) for name in modules]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
