"""The module of ``transposed_conv``."""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models.kernel import Activated, Kernel
from dlrun.models.layer import Weighted
from dlrun.models.shapes import Shape, transposed


class TransposedConv(Activated):
    """Images; `weight` is (channels, filters, *kernel), as PyTorch has it."""

    def __init__(self, layer: Weighted, shape: Shape, filters: int, kernel: Shape, stride: Shape, padding: str):
        nn.Module.__init__(self)
        self.stride = stride
        sizes = [transposed(*axis, padding) for axis in zip(shape[1:], kernel, self.stride)]
        self.length = tuple(length for length, _ in sizes)
        cuts = [cut for _, cut in sizes]
        own = [(size - 1) * step + side - 2 * cut for size, step, side, cut in
               zip(shape[1:], self.stride, kernel, cuts)]
        # An odd cut takes one more behind. A row of zeros before the input and a stride more of cut give the same
        # output without a crop: rows of an odd width, and a crop that is no longer in one piece, are half as fast.
        odd = [end > length for length, end in zip(self.length, own)]
        self.before = [side for one in reversed(odd) for side in (int(one), 0)]
        self.cut = tuple(cut + step * one for cut, step, one in zip(cuts, self.stride, odd))
        # A kernel smaller than its stride leaves the end of the output without a value: zeros.
        self.fill = tuple(step - 1 if one else length - end for length, end, step, one in
                          zip(self.length, own, self.stride, odd))
        self.weight = nn.Parameter(torch.empty(shape[0], filters, *kernel))
        self.bias = nn.Parameter(torch.empty(filters)) if layer.bias else None
        self.kernels = {"weight": Kernel(prod(kernel) * filters, prod(kernel) * shape[0], 1)}
        self.set_activation(layer)

    def _linear(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.before) if any(self.before) else x
        x = F.conv_transpose2d(x, self.weight, None, self.stride, self.cut, self.fill)
        # Of its own, since the bias's gradient by the convolution's library takes up to twenty times as long.
        return x if self.bias is None else x.add_(self.bias.view(-1, 1, 1))

    def extra_repr(self) -> str:
        return f"weight {tuple(self.weight.shape)}, stride={self.stride}, to {self.length}, {self.activation}"
