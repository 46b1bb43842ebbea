"""``activations``: what the layers make of a row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dlrun.config.schema.fields import integer, texts
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.inspection.layers import LayerOutput
    from dlrun.inspection.subject import Subject


@register("method", "activations")
@dataclass(frozen=True)
class Activations(RowsMethod):
    """What the layers make of rows: each channel as a picture (Chollet 5.4.1).

    A picture for each row and layer; of maps each channel is coloured over its own range, other values are shown as
    they are.
    """

    layer: tuple[str, ...] = texts((), "Layers by their names; all of the network's list, or the blocks of its base, "
                                       "without it.", empty=True, scalar=True)
    channels: int = integer(64, "The first channels of each layer.", low=1)
    count: int = integer(1, "How many rows, evenly spaced, where rows are not named.", low=1)

    def inspect(self, subject: Subject) -> Found:
        from dlrun.inspection.layers import named_layer, watching

        rows = subject.shown(self)
        layers = subject.layers(rows.x)
        chosen = [named_layer(word, layers) for word in self.layer] or [layer for layer in layers if layer.outermost]
        import torch

        with torch.no_grad(), watching(subject.run.model, [layer.module for layer in chosen]) as seen:
            subject.outputs(rows.x)
        values = {layer.name: _about(seen[layer.module]) for layer in chosen}
        for number, row in enumerate(rows.names):
            for layer in chosen:
                save = partial(_save, made=seen[layer.module][number, :self.channels].numpy())
                subject.save(f"{row}-{layer.name}", save)
        lines = [f"{layer.name}  {_line(layer, values[layer.name])}" for layer in chosen]
        return Found({"rows": rows.names, "layers": values}, lines)


def _about(made: Any) -> dict[str, Any]:
    """The shape of what a layer makes, its range, and how many of its channels (or values) are zero in all rows."""
    channels = made.transpose(0, 1).flatten(1)
    return {"shape": list(made.shape[1:]), "low": float(made.min()), "high": float(made.max()),
            "silent": int((channels == 0).all(1).sum())}


def _line(layer: LayerOutput, about: dict[str, Any]) -> str:
    size = " x ".join(map(str, layer.shape))
    silent = f", {about['silent']} of {layer.shape[0]} silent in these rows" if about["silent"] else ""
    return f"{size}, from {about['low']:.3g} to {about['high']:.3g}{silent}"


def _save(path: Any, made: Any) -> None:
    """Channels (N, height, width) as a grid, (N, length) as lines below one another, values (N,) as bars side by side.
    """
    from dlrun.record.heat import coloured
    from dlrun.record.pictures import save_batch

    if made.ndim == 1:
        made = made[None].repeat(24, 0).repeat(-(-480 // len(made)), 1)
    save_batch(path, coloured(made if made.ndim == 3 else made[None]))
