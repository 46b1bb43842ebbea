"""Dense layers and embeddings."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models import vocabulary as words
from dlrun.models.layers.kernel import Activated, Kernel, WithKernels


class Dense(Activated, nn.Linear):
    def __init__(self, layer: words.Dense, shape: words.Shape):
        nn.Linear.__init__(self, shape[0], int(layer.units), layer.bias)
        self.kernels = {"weight": Kernel(shape[0], int(layer.units))}
        self.set_activation(layer)

    def reset_parameters(self) -> None:
        """Nothing: the builder draws the initial values, and PyTorch's global generator is left alone."""

    def _linear(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class Embedding(WithKernels, nn.Embedding):
    """(rows, length) integers to (rows, dim, length), channels first as all sequences here."""

    def __init__(self, layer: words.Embedding, shape: words.Shape):
        nn.Embedding.__init__(self, layer.vocabulary, layer.dim)
        self.kernels = {"weight": Kernel(layer.vocabulary, layer.dim, 1)}

    def reset_parameters(self) -> None:
        """Nothing: the builder draws the initial values, and PyTorch's global generator is left alone."""

    def forward(self, x: Tensor) -> Tensor:
        return F.embedding(x.long(), self.weight).transpose(1, 2)
