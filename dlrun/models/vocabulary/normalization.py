"""Layers that shift and scale values to mean 0 and variance 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import flag, number
from dlrun.models.vocabulary.base import Layer
from dlrun.models.vocabulary.geometry import Shape

EPS_DOC = "added to the variance"
AFFINE_DOC = "whether a learned scale and shift follow"


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Each channel is normalised over the batch; evaluation uses moving averages.

    `momentum` is Keras's, the share of the old average that is kept (PyTorch's is 1 - momentum).
    """

    kind: ClassVar[str] = "batch_norm"
    main: ClassVar[str] = "momentum"
    momentum: float = number(0.99, "share of the old moving average kept at each step", low=0, high=1)
    eps: float = number(1e-3, EPS_DOC, low=0)
    affine: bool = flag(True, AFFINE_DOC)

    def count(self, shape: Shape) -> tuple[int, int]:
        return 2 * shape[0] * self.affine, 2 * shape[0]


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Each position of each row is normalised over its channels, as in Keras."""

    kind: ClassVar[str] = "layer_norm"
    eps: float = number(1e-3, EPS_DOC, low=0)
    affine: bool = flag(True, AFFINE_DOC)

    def count(self, shape: Shape) -> tuple[int, int]:
        return 2 * shape[0] * self.affine, 0


@dataclass(frozen=True)
class InstanceNorm(LayerNorm):
    """Each channel of each row is normalised over its positions."""

    kind: ClassVar[str] = "instance_norm"

    def output(self, shape: Shape) -> Shape:
        if len(shape) < 2:
            raise ValueError("instance_norm wants images or sequences; use layer_norm")
        return shape
