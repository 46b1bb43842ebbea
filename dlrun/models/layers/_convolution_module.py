"""What the convolutions' modules share: TensorFlow's padding, symmetric by the convolution itself, else put first."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from dlrun.models.kernel import Activated
from dlrun.models.layers._convolution import Convolution as Spec
from dlrun.models.shapes import Shape, pads, per_axis

Pads = list[tuple[int, int]]


def torch_pads(sides: Pads) -> tuple[int, ...]:
    """(before, after) of each axis in the order of `F.pad`: last axis first."""
    return tuple(amount for axis in reversed(sides) for amount in axis)


def symmetric(sides: Pads) -> bool:
    """Whether every axis has as much before it as after it, which a convolution can pad itself."""
    return all(before == after for before, after in sides)


class Convolution(Activated):
    """What the convolutions share: geometry, read once from the layer and its input's shape."""

    def __init__(self, layer: Spec, shape: Shape):
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
