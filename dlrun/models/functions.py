"""The functions behind the names of activations, as Keras 2 defines them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

Function = Callable[[Tensor], Tensor]


def hard_sigmoid(x: Tensor) -> Tensor:
    """Keras 2's: 0.2 x + 0.5 between 0 and 1 (PyTorch and Keras 3 have x / 6 + 0.5)."""
    return torch.clamp(0.2 * x + 0.5, 0, 1)


FUNCTIONS: dict[str, Function] = {
    "relu": F.relu, "leaky_relu": partial(F.leaky_relu, negative_slope=0.3), "elu": F.elu, "selu": F.selu,
    "gelu": F.gelu, "swish": F.silu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "hard_sigmoid": hard_sigmoid,
    "softplus": F.softplus, "softsign": F.softsign, "softmax": partial(torch.softmax, dim=1),
}
