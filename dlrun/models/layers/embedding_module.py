"""The module of ``embedding``."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models.kernel import Kernel, WithKernels
from dlrun.models.recurrent.masking import Padding


class Embedding(WithKernels, nn.Embedding):
    """(rows, length) integers to (rows, dim, length), channels first as all sequences here.

    Frozen vectors are a buffer, which no optimizer moves.  `vectors` names the file that they are to be `set` from.
    """

    weight: Tensor

    def __init__(self, vocabulary: int, dim: int, *, frozen: bool, zero: bool, mask_zero: bool, vectors: str | None):
        nn.Embedding.__init__(self, vocabulary, dim)
        self.kernels = {"weight": Kernel(vocabulary, dim, 1)}
        self.vectors, self.zero = vectors, zero
        self.padding = Padding() if mask_zero else None
        if frozen:
            weight = self.weight.data
            del self.weight
            self.register_buffer("weight", weight)

    def reset_parameters(self) -> None:
        """Nothing: the builder draws the initial values, and PyTorch's global generator is left alone."""

    @torch.no_grad()
    def begun(self) -> None:
        if self.zero:
            self.weight[0] = 0

    def forward(self, x: Tensor) -> Tensor:
        if self.padding is not None:
            self.padding.see(x)
        return F.embedding(x.long(), self.weight).transpose(1, 2)

    @torch.no_grad()
    def set(self, matrix: np.ndarray | Tensor) -> None:
        """Begin with these vectors (vocabulary, dim); ValueError for another shape."""
        if tuple(matrix.shape) != tuple(self.weight.shape):
            raise ValueError(f"vectors {tuple(matrix.shape)} for an embedding {tuple(self.weight.shape)}")
        self.weight.copy_(torch.as_tensor(matrix))
