"""The module of ``separable_conv``."""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models.kernel import Kernel
from dlrun.models.layers._convolution import Convolution as Spec
from dlrun.models.layers._convolution_module import Convolution
from dlrun.models.shapes import Shape


class SeparableConv(Convolution):
    """`depthwise` is (channels, 1, *kernel), `pointwise` (filters, channels, 1, ...)."""

    def __init__(self, layer: Spec, shape: Shape):
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
