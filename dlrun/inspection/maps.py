"""Which layers of a network give maps."""

from __future__ import annotations

from collections.abc import Sequence

from dlrun.config.problem import problem
from dlrun.inspection.layers import LayerOutput


def check_maps(layer: LayerOutput, key: str = "layer") -> None:
    """Raise ConfigError for a layer that gives no maps."""
    if len(layer.shape) != 3:
        raise problem(f"{key}={layer.name}", f"it gives {' x '.join(map(str, layer.shape))} values and no maps")


def map_layers(layers: Sequence[LayerOutput]) -> list[LayerOutput]:
    """The outermost layers that give maps, in their order.  Raises ConfigError for a network without any."""
    found = [layer for layer in layers if layer.outermost and len(layer.shape) == 3 and layer.shape[1:] != (1, 1)]
    if not found:
        raise problem("inspect", "this network has no layer that gives maps; expected a convolutional one")
    return found
