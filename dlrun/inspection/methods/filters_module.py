"""Kernels of a layer, and gradient ascent in its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from dlrun.config.seeds import derive_seed
from dlrun.inspection.maps import check_maps
from dlrun.inspection.overlay import as_rgb
from dlrun.inspection.progress import Progress
from dlrun.inspection.sheet import save_sheet
from dlrun.inspection.trunk import Trunk
from dlrun.record.heat import coloured

if TYPE_CHECKING:
    from dlrun.inspection.layers import LayerOutput
    from dlrun.inspection.subject import Subject

ROWS = 8  # pictures at once
INPUTS = 8  # of a kernel, where it has no three for colours
SMALL = 128  # pixels of a side, where it is not said


@dataclass(frozen=True)
class Ascent:
    """How pictures are made that the first `filters` of layers answer to: so many steps of a length in levels of 256.
    """

    filters: int
    steps: int
    step: float
    size: int | None
    seed: int


def kernels_of(subject: Subject, layer: LayerOutput) -> Tensor | None:
    """The first kernels (filters, channels, height, width) of a layer, or in it; None where it has none."""
    module = subject.run.model.get_submodule(layer.module)
    return next((value.detach() for value in [*module.parameters(), *module.buffers()] if value.ndim == 4), None)


def draw_kernels(subject: Subject, name: str, kernels: Tensor) -> None:
    """A picture of kernels that are larger than a pixel: in colours where there are three channels.

    Other channels are shown one by one, from blue (negative) over white to red.
    """
    if kernels.shape[-1] * kernels.shape[-2] == 1:
        subject.say(f"{name}: kernels of 1 x 1 are not drawn")
        return
    if kernels.shape[1] == 3:
        pictures = as_rgb(0.5 + kernels / (2 * kernels.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12)))
        subject.save(f"{name}-kernels", lambda path: save_sheet(path, pictures))
        return
    few = kernels[:, :INPUTS]
    largest = float(few.abs().max()) or 1.0
    maps = coloured(few.flatten(0, 1).numpy(), -largest, largest, "RdBu_r")
    subject.save(f"{name}-kernels", lambda path: save_sheet(path, maps, columns=few.shape[1] if few.shape[1] > 1
                                                            else None))


def ascended(how: Ascent, subject: Subject, layers: list[LayerOutput]) -> dict[str, list[float]]:
    """Draw the pictures that the filters of layers answer to; the mean activation that each ends with, by layer."""
    for layer in layers:
        check_maps(layer)
    work = [(layer, begin, min(begin + ROWS, how.filters, layer.shape[0])) for layer in layers
            for begin in range(0, min(how.filters, layer.shape[0]), ROWS)]
    kept = subject.unfinished((how, [layer.module for layer in layers]))
    state = kept.load() or {"pictures": [], "answers": []}
    pictures, answers = list(state["pictures"]), list(state["answers"])
    if pictures:
        subject.say(f"goes on after {sum(map(len, pictures)):,} filters")
    with Progress("ascent", len(work) * how.steps, len(pictures) * how.steps) as progress:
        for layer, begin, end in work[len(pictures):]:
            made, answer = _ascend(how, Trunk(subject, [layer]), list(range(begin, end)), layer.name, progress)
            pictures.append(made)
            answers.append(answer)
            kept.keep({"pictures": pictures, "answers": answers})
    found: dict[str, list[float]] = {layer.name: [] for layer in layers}
    sheets: dict[str, list[Tensor]] = {layer.name: [] for layer in layers}
    for (layer, *_), made, answer in zip(work, pictures, answers):
        sheets[layer.name].append(made)
        found[layer.name] += answer.tolist()
    for name, parts in sheets.items():
        _save(subject, name, torch.cat(parts))
    kept.done()
    return found


def _ascend(how: Ascent, trunk: Trunk, filters: list[int], layer: str, progress: Progress
            ) -> tuple[Tensor, Tensor]:
    """Pictures (filters, channels, side, side) after the last step, and the mean activation of each one's filter."""
    height, width = (how.size, how.size) if how.size else (min(side, SMALL) for side in trunk.size)
    noise = [torch.rand(trunk.channels, height, width, generator=torch.Generator().manual_seed(
        derive_seed(how.seed, layer, one) % (1 << 63))) for one in filters]  # a filter's own, whatever is beside
    x = (torch.stack(noise) * 20 + 128) / 255
    rows = torch.arange(len(filters))
    for _ in range(how.steps):
        x.requires_grad_()
        made, = trunk(x)
        gradient, = torch.autograd.grad(made[rows, torch.tensor(filters)].mean((1, 2)).sum(), x)
        size = gradient.square().mean((1, 2, 3), keepdim=True).sqrt()
        x = (x + gradient / size.clamp_min(1e-12) * (how.step / 255)).detach()
        progress.step()
    with torch.no_grad():
        made, = trunk(x)
        return x, made[rows, torch.tensor(filters)].mean((1, 2))


def _save(subject: Subject, name: str, pictures: Tensor) -> None:
    """Pictures in their own contrast: a tenth of the range is a deviation of their values, as Chollet shows them."""
    centred = pictures - pictures.mean((1, 2, 3), keepdim=True)
    shown = centred / (centred.flatten(1).std(1).view(-1, 1, 1, 1) + 1e-5) * 0.15 + 0.5
    subject.save(f"{name}-ascent", lambda path: save_sheet(path, np.ascontiguousarray(as_rgb(shown))))


