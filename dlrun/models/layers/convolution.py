"""Convolutions with TensorFlow's padding: a symmetric one is the convolution's own, else zeros are put first."""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models import vocabulary as words
from dlrun.models.layers.kernel import Activated, Kernel
from dlrun.models.vocabulary.geometry import pads, per_axis, transposed

Pads = list[tuple[int, int]]


def torch_pads(sides: Pads) -> tuple[int, ...]:
    """(before, after) of each axis in the order of `F.pad`: last axis first."""
    return tuple(amount for axis in reversed(sides) for amount in axis)


def symmetric(sides: Pads) -> bool:
    return all(before == after for before, after in sides)


class _Convolution(Activated):
    """What the convolutions share: geometry, read once from the layer and its input's shape."""

    def __init__(self, layer: words.Conv | words.SeparableConv, shape: words.Shape):
        nn.Module.__init__(self)
        rank = len(shape) - 1
        self.kernel, self.stride, self.dilation = (
            per_axis(sides, rank) for sides in (layer.kernel, layer.stride, layer.dilation)
        )
        around = [pads(*axis, layer.padding) for axis in zip(shape[1:], self.kernel, self.stride, self.dilation)]
        self.padding = tuple(before for before, _ in around) if symmetric(around) else (0,) * rank
        self.before = () if symmetric(around) else torch_pads(around)
        self.convolve = F.conv1d if rank == 1 else F.conv2d
        self.set_activation(layer)

    def extra_repr(self) -> str:
        shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in self.named_parameters())
        return f"{shapes}, stride={self.stride}, padding={self.before or self.padding}, {self.activation}"


class Conv(_Convolution):
    """Images or sequences; `weight` is (filters, channels / groups, *kernel)."""

    def __init__(self, layer: words.Conv, shape: words.Shape):
        super().__init__(layer, shape)
        self.groups = layer.groups
        self.weight = nn.Parameter(torch.empty(layer.filters, shape[0] // layer.groups, *self.kernel))
        self.bias = nn.Parameter(torch.empty(layer.filters)) if layer.bias else None
        taps = prod(self.kernel)
        self.kernels = {"weight": Kernel(taps * shape[0] // layer.groups, taps * layer.filters)}

    def _linear(self, x: Tensor) -> Tensor:
        if self.before:
            x = F.pad(x, self.before)
        return self.convolve(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class SeparableConv(_Convolution):
    """`depthwise` is (channels, 1, *kernel), `pointwise` (filters, channels, 1, ...)."""

    def __init__(self, layer: words.SeparableConv, shape: words.Shape):
        super().__init__(layer, shape)
        channels, taps = shape[0], prod(self.kernel)
        self.depthwise = nn.Parameter(torch.empty(channels, 1, *self.kernel))
        self.pointwise = nn.Parameter(torch.empty(layer.filters, channels, *(1 for _ in self.kernel)))
        self.bias = nn.Parameter(torch.empty(layer.filters)) if layer.bias else None
        self.kernels = {"depthwise": Kernel(taps * channels, taps), "pointwise": Kernel(channels, layer.filters)}

    def _linear(self, x: Tensor) -> Tensor:
        if self.before:
            x = F.pad(x, self.before)
        x = self.convolve(x, self.depthwise, None, self.stride, self.padding, self.dilation, x.shape[1])
        return self.convolve(x, self.pointwise, self.bias)


class TransposedConv(Activated):
    """Images; `weight` is (channels, filters, *kernel), as PyTorch has it."""

    def __init__(self, layer: words.TransposedConv, shape: words.Shape):
        nn.Module.__init__(self)
        kernel, self.stride = per_axis(layer.kernel, 2), per_axis(layer.stride, 2)
        sizes = [transposed(*axis, layer.padding) for axis in zip(shape[1:], kernel, self.stride)]
        self.length = tuple(length for length, _ in sizes)
        self.cut = tuple(cut for _, cut in sizes)
        # A kernel smaller than its stride leaves the end of the output without a value: zeros.
        own = [(size - 1) * step + side - 2 * cut for size, step, side, cut in
               zip(shape[1:], self.stride, kernel, self.cut)]
        self.fill = tuple(max(length - end, 0) for length, end in zip(self.length, own))
        self.crop = any(end > length for length, end in zip(self.length, own))  # an odd cut: one more behind
        self.weight = nn.Parameter(torch.empty(shape[0], layer.filters, *kernel))
        self.bias = nn.Parameter(torch.empty(layer.filters)) if layer.bias else None
        self.kernels = {"weight": Kernel(prod(kernel) * layer.filters, prod(kernel) * shape[0], 1)}
        self.set_activation(layer)

    def _linear(self, x: Tensor) -> Tensor:
        x = F.conv_transpose2d(x, self.weight, self.bias, self.stride, self.cut, self.fill)
        return x[:, :, : self.length[0], : self.length[1]] if self.crop else x

    def extra_repr(self) -> str:
        return f"weight {tuple(self.weight.shape)}, stride={self.stride}, to {self.length}, {self.activation}"
