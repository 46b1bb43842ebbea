"""Optimising the pixels of a picture between the features of one picture and the Gram matrices of another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.optim import LBFGS, Adam, Optimizer

from dlrun.inspection.layers import LayerOutput, named_layer
from dlrun.inspection.maps import check_maps, map_layers
from dlrun.inspection.methods._base import Found
from dlrun.inspection.overlay import as_rgb
from dlrun.inspection.progress import Progress
from dlrun.inspection.sheet import save_picture
from dlrun.inspection.trunk import Trunk

if TYPE_CHECKING:
    from dlrun.inspection.subject import Subject

STYLES = (0.0, 0.15, 0.3, 0.45, 0.6)  # of the layers with maps: whose Gram matrices, and whose features
CONTENT = 0.45
ADAM_LR = 0.02  # of pixels in [0, 1]


@dataclass(frozen=True)
class Transfer:
    """The settings of `methods.style_transfer.StyleTransfer`."""

    content_layer: str | None
    style_layers: tuple[str, ...]
    content_weight: float
    style_weight: float
    total_variation: float
    optimizer: str
    rounds: int
    steps: int


class Losses:
    """What is minimised, of a picture (1, channels, height, width): content, style and total variation.

    Features and Gram matrices are compared as shares of what the content's, or the style's, have themselves, so that
    weights mean the same for each network and layer: 1 is as far away as nothing at all.
    """

    def __init__(self, subject: Subject, how: Transfer, content: Tensor, style: Tensor):
        layers = subject.layers(torch.zeros(1, *subject.run.data_spec.input_shape))
        maps = map_layers(layers)

        def by_depth(share: float) -> LayerOutput:
            return maps[round((len(maps) - 1) * share)]

        self.content = named_layer(how.content_layer, layers, "content_layer") if how.content_layer else by_depth(
            CONTENT)
        self.styles = [named_layer(word, layers, "style_layers") for word in how.style_layers] or list(
            dict.fromkeys(map(by_depth, STYLES)))
        for layer in self.styles:
            check_maps(layer, "style_layers")
        self._how, self._trunk = how, Trunk(subject, [self.content, *self.styles])
        with torch.no_grad():
            self._features, *_ = self._trunk(content)
            self._grams = [gram(made) for made in self._trunk(style)[1:]]

    def __call__(self, x: Tensor) -> dict[str, Tensor]:
        """Each part, times its weight."""
        features, *made = self._trunk(x)
        style = torch.stack([_share(gram(one), aim) for one, aim in zip(made, self._grams)]).mean()
        return {"content": self._how.content_weight * _share(features, self._features),
                "style": self._how.style_weight * style,
                "variation": self._how.total_variation * total_variation(x)}


def gram(made: Tensor) -> Tensor:
    """The mean products of channels over places (rows, channels, channels), of maps (rows, channels, height, width)."""
    flat = made.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def total_variation(x: Tensor) -> Tensor:
    """The mean over pixels of (down^2 + right^2)^1.25, as Chollet has it, of a picture (1, channels, height, width)."""
    down = (x[..., 1:, :-1] - x[..., :-1, :-1]).square()
    right = (x[..., :-1, 1:] - x[..., :-1, :-1]).square()
    return (down + right + 1e-12).pow(1.25).mean()


def _share(made: Tensor, aim: Tensor) -> Tensor:
    return (made - aim).square().sum() / aim.square().sum().clamp_min(1e-12)


def transferred(subject: Subject, how: Transfer, name: str, content: Tensor, style: Tensor) -> Found:
    """Optimise a picture that begins as the content, and save it."""
    losses = Losses(subject, how, content, style)
    x = content.clone().requires_grad_()
    optimizer: Optimizer = Adam([x], ADAM_LR) if how.optimizer == "adam" else LBFGS(
        [x], lr=1, max_iter=how.steps, max_eval=2 * how.steps, history_size=10, line_search_fn="strong_wolfe",
        tolerance_grad=0, tolerance_change=0)
    modules = [losses.content.module, *(layer.module for layer in losses.styles)]
    kept = subject.unfinished((asdict(how), modules), content, style)
    rounds: list[dict[str, float]] = []
    state = kept.load()
    if state is not None:
        rounds = state["rounds"]
        optimizer.load_state_dict(state["optimizer"])
        with torch.no_grad():
            x.copy_(state["x"])
        subject.say(f"goes on after {len(rounds)} of {how.rounds} rounds")
    with Progress("style", how.rounds, len(rounds)) as progress:
        for _ in range(len(rounds), how.rounds):
            rounds.append(_round(optimizer, losses, x, how))
            kept.keep({"x": x.detach(), "optimizer": optimizer.state_dict(), "rounds": rounds})
            progress.step(note=f"loss {sum(rounds[-1].values()):.4g}")
    subject.save(name, partial(save_picture, picture=as_rgb(x)[0]))
    kept.done()
    first, last = rounds[0], rounds[-1]
    layers = {"content": losses.content.name, "style": [layer.name for layer in losses.styles]}
    values: dict[str, Any] = {"layers": layers, "rounds": rounds}
    return Found(values, [f"content by {layers['content']}, style by {', '.join(layers['style'])}",
                          *(f"{part} loss {first[part]:.3g} after the first round, {last[part]:.3g} after the last"
                            for part in first)])


def _round(optimizer: Optimizer, losses: Losses, x: Tensor, how: Transfer) -> dict[str, float]:
    """Some steps; each part of the loss after them."""

    def closure() -> float:
        loss = torch.stack(list(losses(x).values())).sum()
        x.grad, = torch.autograd.grad(loss, x)
        return loss.item()

    if isinstance(optimizer, Adam):
        for _ in range(how.steps):
            optimizer.step(closure)
            with torch.no_grad():
                x.clamp_(0, 1)
    else:
        optimizer.step(closure)  # clamped between, the pixels would not be where its memory of gradients has them
    with torch.no_grad():
        return {part: float(loss) for part, loss in losses(x).items()}
