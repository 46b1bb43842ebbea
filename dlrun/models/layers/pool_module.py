"""The module of ``pool``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models.layers._convolution_module import symmetric, torch_pads
from dlrun.models.shapes import Shape, pads


class Pool(nn.Module):
    """The largest value, or the mean, of each window; TensorFlow's padding never counts as a value."""

    share: Tensor

    def __init__(self, shape: Shape, size: Shape, step: Shape, padding: str, take: str):
        super().__init__()
        rank = len(shape) - 1
        self.size, self.step = size, step
        around = [pads(*axis, 1, padding) for axis in zip(shape[1:], self.size, self.step)]
        self.padding = tuple(before for before, _ in around) if symmetric(around) else (0,) * rank
        self.before = () if symmetric(around) else torch_pads(around)
        self.largest = take == "max"
        self.maximum = F.max_pool1d if rank == 1 else F.max_pool2d
        self.mean = F.avg_pool1d if rank == 1 else F.avg_pool2d
        if self.before and not self.largest:  # the share of each window that is image, not padding
            inside = F.pad(torch.ones(1, 1, *shape[1:]), self.before)
            self.register_buffer("share", self.mean(inside, self.size, self.step), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.largest:
            if self.before:
                x = F.pad(x, self.before, value=float("-inf"))
            return self.maximum(x, self.size, self.step, self.padding)
        if self.before:
            return self.mean(F.pad(x, self.before), self.size, self.step) / self.share
        return self.mean(x, self.size, self.step, self.padding, count_include_pad=False)

    def extra_repr(self) -> str:
        return f"{'max' if self.largest else 'average'} of {self.size}, stride={self.step}"
