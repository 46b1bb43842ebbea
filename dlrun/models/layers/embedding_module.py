"""The module of ``embedding``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models.kernel import Kernel
from dlrun.models.recurrent.masking import Padding
from dlrun.models.token_vectors import TokenVectors


class Embedding(TokenVectors, nn.Embedding):
    """(rows, length) integers to (rows, dim, length), channels first as all sequences here.

    Frozen vectors are a buffer, which no optimizer moves.
    """

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
