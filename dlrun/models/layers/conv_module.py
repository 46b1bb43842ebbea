"""The module of ``conv`` and ``conv1d``."""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models.kernel import Kernel
from dlrun.models.layers._convolution import Convolution as Spec
from dlrun.models.layers._convolution_module import Convolution
from dlrun.models.shapes import Shape


class Conv(Convolution):
    """Images or sequences; `weight` is (filters, channels / groups, *kernel)."""

    def __init__(self, layer: Spec, shape: Shape, groups: int):
        super().__init__(layer, shape)
        self.groups = groups
        self.weight = nn.Parameter(torch.empty(layer.filters, shape[0] // groups, *self.kernel))
        self.bias = nn.Parameter(torch.empty(layer.filters)) if layer.bias else None
        taps = prod(self.kernel)
        self.kernels = {"weight": Kernel(taps * shape[0] // groups, taps * layer.filters)}

    def _linear(self, x: Tensor) -> Tensor:
        if self.before:
            x = F.pad(x, self.before)
        return self.convolve(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
