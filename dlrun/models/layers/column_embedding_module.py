"""The module of ``column_embedding``."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlrun.models.kernel import Kernel, WithKernels


class ColumnEmbedding(WithKernels):
    """(rows, columns) to (rows, columns * dim).

    `edges` (columns, bins + 1) are in order; a piece of width 0 is no piece.  Below the first edge and above the last
    one the outer pieces go on.
    """

    edges: Tensor

    def __init__(self, columns: int, dim: int, bins: int):
        super().__init__()
        self.slope = nn.Parameter(torch.empty(columns, dim))
        self.weight = nn.Parameter(torch.empty(columns, bins, dim))
        self.bias = nn.Parameter(torch.empty(columns, dim))
        self.register_buffer("edges", torch.linspace(-1, 1, 2).repeat(columns, 1) if bins == 1 else torch.cat(
            [-torch.ones(columns, 1), torch.ones(columns, bins)], 1))
        self.kernels = {"slope": Kernel(1, dim), "weight": Kernel(bins, dim)}
        self.inits = {"slope": "unit_uniform", "weight": "zeros", "bias": "unit_uniform"}

    def forward(self, x: Tensor) -> Tensor:
        low, width = self.edges[:, :-1], self.edges[:, 1:] - self.edges[:, :-1]
        there = width > 0
        part = (x[:, :, None] - low) / torch.where(there, width, 1.0)  # (rows, columns, bins)
        # The first piece goes on below, the last one (the widths behind it are 0) above.
        last = torch.cat([there[:, 1:].flip(1).cumsum(1).flip(1) == 0, torch.ones_like(there[:, :1])], 1)
        first = torch.arange(there.shape[1], device=x.device) == 0
        part = torch.where(first, part, part.clamp(min=0))
        part = torch.where(last, part, part.clamp(max=1)) * there
        made = x[:, :, None] * self.slope + self.bias + torch.einsum("rcb,cbd->rcd", part, self.weight)
        return made.flatten(1)
