"""What a module has that computes over the rows of a batch: several processes give it the sums of all their rows."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn


class BatchStatistics(nn.Module):
    """The base of a layer's module (spec: `mixes_rows`) whose output for a row depends on the whole batch.

    Where processes share a batch, `summed` is set before each step: it sums a tensor over all of them, and gradients
    flow through it.  None where the batch is whole.
    """

    summed: Callable[[Tensor], Tensor] | None = None


def mixes_rows(model: nn.Module) -> bool:
    """Whether an output of the model in training depends on its batch's other rows, also by torch's own batch norm.

    What is frozen stays in evaluation and mixes nothing; a model in evaluation as a whole is asked all the same.
    """
    mixing = (BatchStatistics, nn.modules.batchnorm._BatchNorm)
    return any(isinstance(module, mixing) and module.training in (True, model.training) for module in model.modules())
