"""What a module has that holds a vector for each token, as an embedding does: pretrained ones can be put into it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dlrun.models.kernel import WithKernels


class TokenVectors(WithKernels):
    """The base of the module of a layer with a vector for each token: the rows of `weight` (vocabulary, dim).

    `vectors` names the file that they are to be `set` from; None where they begin as they are drawn.
    """

    weight: Tensor
    vectors: str | None = None

    @torch.no_grad()
    def set(self, matrix: np.ndarray | Tensor) -> None:
        """Begin with these vectors (vocabulary, dim); ValueError for another shape."""
        if tuple(matrix.shape) != tuple(self.weight.shape):
            raise ValueError(f"vectors {tuple(matrix.shape)} for an embedding {tuple(self.weight.shape)}")
        self.weight.copy_(torch.as_tensor(matrix))
