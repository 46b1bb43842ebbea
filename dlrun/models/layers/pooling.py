"""Pooling with TensorFlow's padding, which never counts as a value; enlargement by repetition; the middle cut out."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models import vocabulary as words
from dlrun.models.layers.convolution import symmetric, torch_pads
from dlrun.models.vocabulary.geometry import pads, per_axis


class Pool(nn.Module):
    share: Tensor

    def __init__(self, layer: words.Pool, shape: words.Shape):
        super().__init__()
        rank = len(shape) - 1
        self.size, self.step = per_axis(layer.size, rank), per_axis(layer.step, rank)
        around = [pads(*axis, 1, layer.padding) for axis in zip(shape[1:], self.size, self.step)]
        self.padding = tuple(before for before, _ in around) if symmetric(around) else (0,) * rank
        self.before = () if symmetric(around) else torch_pads(around)
        self.largest = layer.take == "max"
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


class GlobalPool(nn.Module):
    def __init__(self, layer: words.GlobalPool, shape: words.Shape):
        super().__init__()
        self.axes = tuple(range(2, len(shape) + 1))
        self.take = layer.take

    def forward(self, x: Tensor) -> Tensor:
        if self.take == "max":
            return torch.amax(x, self.axes)
        return torch.sum(x, self.axes) if self.take == "sum" else torch.mean(x, self.axes)


class Upsample(nn.Module):
    def __init__(self, layer: words.Upsample, shape: words.Shape):
        super().__init__()
        self.factor = tuple(map(float, per_axis(layer.factor, len(shape) - 1)))

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=self.factor, mode="nearest")


class Crop(nn.Module):
    def __init__(self, layer: words.Crop, shape: words.Shape):
        super().__init__()
        sides = per_axis(layer.size, len(shape) - 1)
        self.windows = tuple(((size - side) // 2, side) for size, side in zip(shape[1:], sides))

    def forward(self, x: Tensor) -> Tensor:
        for axis, (start, side) in enumerate(self.windows, 2):
            x = x.narrow(axis, start, side)
        return x

    def extra_repr(self) -> str:
        return " x ".join(str(side) for _, side in self.windows)
