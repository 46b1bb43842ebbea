"""Gradient ascent of what layers see in a picture, over several sizes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dlrun.config.seeds import derive_seed
from dlrun.inspection.layers import LayerOutput, named_layer
from dlrun.inspection.maps import map_layers
from dlrun.inspection.methods._base import Found
from dlrun.inspection.overlay import as_rgb
from dlrun.inspection.progress import Progress
from dlrun.inspection.sheet import save_picture
from dlrun.inspection.trunk import Trunk

if TYPE_CHECKING:
    from dlrun.inspection.subject import Subject

MIDDLE = (0.5, 0.62)  # of the layers with maps: which are taken where none is named
BORDER = 2  # places at the edges of a map that do not count, as they see the padding


@dataclass(frozen=True)
class Dream:
    """The settings of `methods.deep_dream.DeepDream`."""

    layer: tuple[str, ...]
    weight: tuple[float, ...]
    octaves: int
    scale: float
    steps: int
    step: float
    jitter: int
    seed: int


def dreamt(subject: Subject, how: Dream, pictures: Mapping[str, Tensor]) -> Found:
    """Dream each picture (1, channels, height, width), and save it."""
    layers = subject.layers(torch.zeros(1, *subject.run.data_spec.input_shape))
    chosen = [named_layer(word, layers) for word in how.layer] or middle(layers)
    trunk = Trunk(subject, chosen)
    weights = how.weight or (1.0,) * len(chosen)
    kept = subject.unfinished((asdict(how), [layer.module for layer in chosen]), *pictures.values())
    state = kept.load() or {"done": [], "losses": [[]], "step": 0, "x": None}
    done, losses, total = list[Tensor](state["done"]), list[list[float]](state["losses"]), how.octaves * how.steps
    begun = len(done) * total + state["step"]
    if begun:
        subject.say(f"goes on after {begun:,} of {total * len(pictures):,} steps")
    with Progress("dream", total * len(pictures), begun) as progress:
        for picture in list(pictures.values())[len(done):]:
            x, sizes = state["x"], sizes_of(picture, how)
            for step in range(state["step"], total):
                place, inside = divmod(step, how.steps)
                if not inside:
                    x = _begin(x, picture, sizes, place)
                draw = torch.Generator().manual_seed(derive_seed(how.seed, "dream", step) % (1 << 63))
                x, loss = ascend(trunk, x, weights, how, draw)
                losses[-1].append(loss)
                kept.keep({"done": done, "losses": losses, "step": step + 1, "x": x})
                progress.step(note=f"loss {loss:.3g}")
            done.append(x)
            losses.append([])
            state = {"step": 0, "x": None}
    for name, x in zip(pictures, done):
        subject.save(f"{name}-dream", partial(save_picture, picture=as_rgb(x)[0]))
    names = [layer.name for layer in chosen]
    found: list[dict[str, Any]] = [{"picture": name, "losses": each} for name, each in zip(pictures, losses)]
    lines = [f"{name}: loss {each[0]:.3g} to {each[-1]:.3g} by {', '.join(names)}"
             for name, each in zip(pictures, losses)]
    kept.done()
    return Found({"layers": names, "pictures": found}, lines)


def middle(layers: Sequence[LayerOutput]) -> list[LayerOutput]:
    """Two layers of the middle of those that give maps.  Raises ConfigError for a network without any."""
    maps = map_layers(layers)
    return [maps[place] for place in sorted({round((len(maps) - 1) * share) for share in MIDDLE})]


def sizes_of(picture: Tensor, how: Dream) -> list[tuple[int, int]]:
    """Height and width of each size, from the smallest to the picture's own; no side is shorter than 16 pixels."""
    height, width = picture.shape[-2:]
    shrinks = [how.scale ** place for place in reversed(range(how.octaves))]
    return [(max(min(height, 16), round(height / shrink)), max(min(width, 16), round(width / shrink)))
            for shrink in shrinks]


def _begin(x: Tensor | None, picture: Tensor, sizes: Sequence[tuple[int, int]], place: int) -> Tensor:
    """What a size begins with: the dream so far, enlarged, and the detail that the size before could not hold."""
    shrunk = resized(picture, sizes[place])
    if x is None:
        return shrunk
    before = resized(picture, sizes[place - 1])
    return resized(x, sizes[place]) + shrunk - resized(before, sizes[place])


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """A picture in another size."""
    return F.interpolate(x, size, mode="bilinear", antialias=size[0] < x.shape[-2])


def ascend(trunk: Trunk, x: Tensor, weights: Sequence[float], how: Dream, draw: torch.Generator
           ) -> tuple[Tensor, float]:
    """One step, by the gradient over its mean size; the picture after it, and the loss before."""
    shift = torch.randint(-how.jitter, how.jitter + 1, (2,), generator=draw).tolist() if how.jitter else [0, 0]
    moved = x.roll(shift, (2, 3)).requires_grad_()
    loss = torch.zeros(())
    for weight, made in zip(weights, trunk(moved)):
        inner = made[..., BORDER:-BORDER, BORDER:-BORDER] if min(made.shape[-2:]) > 2 * BORDER else made
        loss = loss + weight * inner.square().sum() / made[0].numel()
    gradient, = torch.autograd.grad(loss, moved)
    gradient = gradient.roll([-place for place in shift], (2, 3))
    return (x + gradient / gradient.abs().mean().clamp_min(1e-7) * (how.step / 255)).clamp(0, 1), loss.item()
