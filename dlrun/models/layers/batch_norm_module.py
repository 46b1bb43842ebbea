"""The module of ``batch_norm``."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dlrun.models.batch_statistics import BatchStatistics


class BatchNorm(BatchStatistics):
    """Normalises each channel over the batch and its positions.

    The moving variance takes the unbiased variance of the batch: PyTorch's rule and that of Keras 2.1 to 2.3, with
    which the books were made (Keras 3 takes the biased one).  A batch with one value for each channel is normalised
    to its shift and leaves the moving averages alone.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, momentum: float, eps: float, affine: bool):
        super().__init__()
        self.momentum, self.eps = 1 - momentum, eps
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        if self.summed is not None and self.training:
            return self._over_processes(x, self.summed)
        mean: Tensor | None = self.running_mean
        variance: Tensor | None = self.running_var
        if self.training and x.numel() == x.shape[1]:  # one value for each channel has no unbiased variance
            mean = variance = None
        # not F.batch_norm, which refuses such a batch: the last one of an epoch may well be one
        return torch.batch_norm(x, self.weight, self.bias, mean, variance, self.training, self.momentum, self.eps,
                                torch.backends.cudnn.enabled)

    def _over_processes(self, x: Tensor, summed: Callable[[Tensor], Tensor]) -> Tensor:
        """The same over the rows of all processes: two sums, of the values and of their squares from the mean."""
        axes = [axis for axis in range(x.ndim) if axis != 1]
        shape = [1, -1, *(1 for _ in axes[1:])]
        own = x.sum(axes)
        total = summed(torch.cat([own, own.new_tensor([x.numel() / x.shape[1]])]))
        count = total[-1].detach()
        mean = total[:-1] / count
        off = x - mean.view(shape)
        variance = summed(off.square().sum(axes)) / count
        with torch.no_grad():
            if count > 1:
                self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
                unbiased = variance * (count / (count - 1))
                self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
        made = off * (variance + self.eps).rsqrt().view(shape)
        if self.weight is not None and self.bias is not None:
            made = made * self.weight.view(shape) + self.bias.view(shape)
        return made

    def extra_repr(self) -> str:
        return f"{len(self.running_mean)}, momentum={self.momentum:g}, eps={self.eps:g}"
