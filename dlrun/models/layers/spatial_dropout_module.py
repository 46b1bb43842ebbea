"""The module of ``spatial_dropout``."""

from __future__ import annotations

import torch
from torch import Tensor

from dlrun.models.layers.dropout_module import Dropout


class SpatialDropout(Dropout):
    """Drops whole channels: one draw for each row and channel."""

    def mask(self, x: Tensor, axis: int = 0) -> Tensor:
        shape = torch.Size((*x.shape[:2], *(1 for _ in x.shape[2:])))
        return self._mask(shape, x.dtype, axis)
