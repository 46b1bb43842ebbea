"""The module of ``column_embedding``."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dlrun.models.kernel import Kernel, WithKernels


class ColumnEmbedding(WithKernels):
    """(rows, inputs) to (rows, columns * dim), columns of numbers before those of words.

    The inputs of a column of words are `spans` (first, count) of 0 with a 1 for its word; they choose a row of `words`.

    `edges` (columns, bins + 1) are in order, equal ones behind all others; a piece of width 0 is no piece.  Below the
    first edge and above the last one the outer pieces go on.
    """

    edges: Tensor

    def __init__(self, inputs: int, dim: int, bins: int, spans: Sequence[tuple[int, int]] = ()):
        super().__init__()
        self.spans = list(spans)
        ends = [0, *(place for start, count in self.spans for place in (start, start + count)), inputs]
        self.between = [(start, end) for start, end in zip(ends[::2], ends[1::2]) if start < end]  # of numbers
        columns = sum(end - start for start, end in self.between)
        self.slope = nn.Parameter(torch.empty(columns, dim))
        self.weight = nn.Parameter(torch.empty(columns, bins, dim))
        self.bias = nn.Parameter(torch.empty(columns, dim))
        self.register_buffer("edges", torch.linspace(-1, 1, 2).repeat(columns, 1) if bins == 1 else torch.cat(
            [-torch.ones(columns, 1), torch.ones(columns, bins)], 1))
        self.kernels = {"slope": Kernel(1, dim), "weight": Kernel(bins, dim)}
        self.inits = {"slope": "unit_uniform", "weight": "zeros", "bias": "unit_uniform"}
        if self.spans:
            self.words = nn.Parameter(torch.empty(sum(count for _, count in self.spans), dim))
            self.unknown = nn.Parameter(torch.empty(len(self.spans), dim))
            self.kernels["words"] = Kernel(1, dim)
            self.inits |= {"words": "unit_uniform", "unknown": "zeros"}  # without such rows its draw would stay

    def numbers(self, x: Tensor) -> Tensor:
        """The inputs that are numbers, (rows, columns)."""
        return torch.cat([x[:, start:end] for start, end in self.between], 1) if self.spans else x

    def forward(self, x: Tensor) -> Tensor:
        if not self.spans:
            return self._of_numbers(x)
        found = [self._of_numbers(self.numbers(x))] if self.between else []
        weights = self.words.split([count for _, count in self.spans])
        for (start, count), words, unknown in zip(self.spans, weights, self.unknown):
            chosen = x[:, start : start + count]
            found.append(chosen @ words + (1 - chosen.sum(1, keepdim=True)) * unknown)
        return torch.cat(found, 1)

    def _of_numbers(self, x: Tensor) -> Tensor:
        low, width = self.edges[:, :-1], self.edges[:, 1:] - self.edges[:, :-1]
        there = width > 0
        part = (x[:, :, None] - low) / torch.where(there, width, 1.0)  # (rows, columns, bins)
        # The first piece goes on below, the last one (behind it the edges are all equal) above.
        last = torch.cat([width[:, 1:] == 0, torch.ones_like(there[:, :1])], 1)
        first = torch.arange(there.shape[1], device=x.device) == 0
        part = torch.where(first, part, part.clamp(min=0))
        part = torch.where(last, part, part.clamp(max=1)) * there
        made = x[:, :, None] * self.slope + self.bias + torch.einsum("rcb,cbd->rcd", part, self.weight)
        return made.flatten(1)
