"""Convolutions at work: what their filters make of one row (Chollet, 5.4.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlrun.models.layers.activation_module import Activation
from dlrun.models.layers.batch_norm_module import BatchNorm
from dlrun.tasks._base.view import View

MAPS = 63  # of the filters of a convolution; with the row itself a full grid
_FOLLOWS = (Activation, BatchNorm, nn.BatchNorm2d, nn.ReLU)


def activations(view: View) -> None:
    """The maps of the first and of the last convolution for the first shown row, which stands before them.

    Each map is stretched over its own range (a filter that gives one value everywhere is black).
    """
    convolutions = _ends(view.model)
    if not view.images or not convolutions:
        return
    from dlrun.record.pictures import save_batch

    x, y = view.rows.range(0, 1)
    found = _outputs(view, convolutions, x)
    classes = view.prepared.data_spec.classes
    title = classes[int(y[0])] if classes and y.ndim == 1 else "row"
    for name, maps in found.items():
        row = nn.functional.interpolate(x.mean(1, keepdim=True), maps.shape[-2:], mode="area")
        tiles = torch.cat([row, maps[0, :MAPS].unsqueeze(1)]).cpu()
        low, high = tiles.amin((1, 2, 3), keepdim=True), tiles.amax((1, 2, 3), keepdim=True)
        grid = ((tiles - low) / (high - low).clamp_min(1e-12)).numpy()
        captions = [title, *(f"filter {number}" for number in range(1, len(grid)))]
        view.save(name, lambda path, grid=grid, captions=captions: save_batch(path, grid, captions))  # type: ignore[misc]


def _ends(model: nn.Module) -> dict[str, nn.Module]:
    """The modules after which the first and the last convolution are done: with batch norm and activation."""
    leaves = [module for module in model.modules() if not any(module.children())]
    done = []
    for place, module in enumerate(leaves):
        weight = getattr(module, "weight", None)
        if not isinstance(weight, Tensor) or weight.ndim != 4:
            continue
        while place + 1 < len(leaves) and isinstance(leaves[place + 1], _FOLLOWS):
            place += 1
        done.append(leaves[place])
    if not done:
        return {}
    return {"activations": done[0]} if len(done) == 1 else {"activations": done[0], "activations-last": done[-1]}


def _outputs(view: View, modules: dict[str, nn.Module], x: Tensor) -> dict[str, Tensor]:
    """What the modules give for `x`: (rows, filters, height, width) each."""
    found: dict[str, Tensor] = {}
    hooks = [module.register_forward_hook(lambda module, given, out, name=name: found.__setitem__(name, out.float()))
             for name, module in modules.items()]
    try:
        with view.eval_mode():
            view.model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return found
