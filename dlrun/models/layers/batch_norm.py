"""The layer ``batch_norm``: normalisation over the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import flag, number
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.layers._normalization import AFFINE_DOC, EPS_DOC
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "batch_norm")
@dataclass(frozen=True)
class BatchNorm(Layer):
    """Each channel is normalised over the batch; evaluation uses moving averages.

    `momentum` is Keras's, the share of the old average that is kept (PyTorch's is 1 - momentum).
    """

    main: ClassVar[str] = "momentum"
    keeps_mask: ClassVar[bool] = True
    mixes_rows: ClassVar[bool] = True
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    momentum: float = number(0.99, "share of the old moving average kept at each step", low=0, high=1)
    eps: float = number(1e-3, EPS_DOC, low=0)
    affine: bool = flag(True, AFFINE_DOC)

    def count(self, shape: Shape) -> tuple[int, int]:
        return 2 * shape[0] * self.affine, 2 * shape[0]

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.batch_norm_module import BatchNorm

        return BatchNorm(shape[0], self.momentum, self.eps, self.affine)
