"""What the builder needs to know of a weight: for its initial values, its penalty and its norm."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor, nn

from dlrun.models.functions import FUNCTIONS
from dlrun.models.layer import Weighted


class Kernel(NamedTuple):
    """`fan_in` and `fan_out` are Keras's; `unit` is the axis along which units (filters) are counted.

    `torch_in` is the fan in of PyTorch's own rule where that is not the length of a row: for recurrent layers.
    """

    fan_in: int
    fan_out: int
    unit: int = 0
    torch_in: int = 0


class WithKernels(nn.Module):
    """A module whose parameters the builder begins: `kernels` are named, every other parameter is a bias.

    `inits` has the rule of each parameter that does not follow the layer's `init` or `bias_init`.
    A kernel may be a buffer: it is begun all the same, and no optimizer moves it.  `stateful` says whether the module
    carries states over from batch to batch.
    """

    stateful = False

    kernels: dict[str, Kernel]
    inits: Mapping[str, str] = MappingProxyType({})

    def begun(self) -> None:
        """Called when the builder has drawn the initial values."""

    def reset_states(self) -> None:
        """Forget what was carried over from batch to batch."""


class Activated(WithKernels):
    """A module with kernels whose output goes through an activation; the kind of layer adds `_linear`."""

    def set_activation(self, layer: Weighted) -> None:
        """Take the layer's activation, by name and as a function."""
        self.activation = layer.activation
        self.function = FUNCTIONS.get(layer.activation)

    def forward(self, x: Tensor) -> Tensor:
        x = self._linear(x)
        return x if self.function is None else self.function(x)

    def _linear(self, x: Tensor) -> Tensor:
        raise NotImplementedError
