"""What a list of layers will be before it is one: names, shapes, parameter counts.  No torch, a few milliseconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dlrun.config.problem import problem
from dlrun.models.layer import Layer
from dlrun.models.shapes import Shape


@dataclass(frozen=True)
class LayerRow:
    """One layer of a network.

    `name` is its module's name in the network and the start of its keys in a state dict: ``conv_1``,
    ``residual_1.layers.conv_1``.  `output_shape` is without the batch.  `indent` counts the layers around it.
    Counts of a layer that holds others are on the others' rows.  `work` is the layer's (`Layer.work`).
    """

    name: str
    kind: str
    text: str
    output_shape: Shape
    trainable: int
    frozen: int
    work: int = 0
    indent: int = 0


def named(layers: Iterable[Layer]) -> list[tuple[str, Layer]]:
    """The layers with their names: the kind and its running number."""
    seen: Counter[str] = Counter()
    pairs = []
    for layer in layers:
        seen[layer.kind] += 1
        pairs.append((f"{layer.kind}_{seen[layer.kind]}", layer))
    return pairs


def each(layers: Iterable[Layer], input_shape: Shape) -> Iterator[Layer]:
    """The layers in order, each before those inside it; they fit their inputs."""
    shape = input_shape
    for layer in layers:
        yield layer
        for _, inner in layer.parts(shape):
            yield from each(inner, shape)
        shape = layer.output(shape)


def plan(layers: Sequence[Layer], input_shape: Shape) -> list[LayerRow]:
    """One row for each layer, in order; inner layers follow the one that holds them.

    The network's output is not always the last row's: see `output_shape`.  Raises ConfigError that name the first
    layer that does not fit its input.
    """
    rows: list[LayerRow] = []
    _plan(layers, tuple(input_shape), "", 0, rows)
    return rows


def _plan(layers: Sequence[Layer], shape: Shape, prefix: str, indent: int, rows: list[LayerRow]) -> Shape:
    for name, layer in named(layers):
        place = len(rows)
        try:
            for part, inner in layer.parts(shape):
                _plan(inner, shape, f"{prefix}{name}.{part}.", indent + 1, rows)
            output = layer.output(shape)
            trainable, frozen = layer.count(shape)
            row = LayerRow(prefix + name, layer.kind, layer.text(), output, trainable, frozen, layer.work(shape),
                           indent)
        except ValueError as reason:
            raise problem(f"{prefix}{name} on {shape_text(shape)}", str(reason)) from None
        rows.insert(place, row)
        shape = output
    return shape


def output_shape(layers: Sequence[Layer], input_shape: Shape) -> Shape:
    """The shape of the network's output, without the batch; raises as `plan` does."""
    return _plan(layers, tuple(input_shape), "", 0, [])


def totals(rows: Iterable[LayerRow]) -> tuple[int, int]:
    """Trainable and frozen parameters of the whole network."""
    rows = list(rows)
    return sum(row.trainable for row in rows), sum(row.frozen for row in rows)


def shape_text(shape: Shape) -> str:
    """A shape as a person writes it: ``28 x 28 x 1`` for an image, ``784`` for a vector."""
    return " x ".join(map(str, (*shape[1:], *shape[:1])))
