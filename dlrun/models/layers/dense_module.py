"""The module of ``dense``."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models.kernel import Activated, Kernel
from dlrun.models.layer import Weighted

IN_PLACE: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu_, "tanh": torch.tanh_,
                                                  "sigmoid": torch.sigmoid_}


class Dense(Activated, nn.Linear):
    """(rows, features) to (rows, units); `weight` is (units, features)."""

    def __init__(self, layer: Weighted, features: int, units: int):
        nn.Linear.__init__(self, features, units, layer.bias)
        self.kernels = {"weight": Kernel(features, units)}
        self.set_activation(layer)

    def reset_parameters(self) -> None:
        """Nothing: the builder draws the initial values, and PyTorch's global generator is left alone."""

    def _linear(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)

    def by_hand(self, x: Tensor) -> Tensor:
        """As a call, where no graph is kept: an activation may change the sums themselves."""
        if self._forward_hooks or self._forward_pre_hooks:
            return self(x)  # type: ignore[no-any-return]
        x = F.linear(x, self.weight, self.bias)
        if self.function is None:
            return x
        return IN_PLACE.get(self.activation, self.function)(x)
