"""The k-sparse layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class KSparse(nn.Module):
    """(rows, values): the `keep` largest of each row stay; gradients reach those alone."""

    def __init__(self, keep: int):
        super().__init__()
        self.keep = keep

    def forward(self, x: Tensor) -> Tensor:
        largest, places = torch.topk(x, self.keep, dim=1)  # equal values: exactly `keep` of them stay
        return torch.zeros_like(x).scatter(1, places, largest)

    def extra_repr(self) -> str:
        return f"keep={self.keep}"
