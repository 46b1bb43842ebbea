"""A loss of the user's own, in the place of a task's: ``task.loss=huber allow=mine``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dlrun.registry import find

if TYPE_CHECKING:
    from torch import Tensor

    Loss = Callable[[Tensor, Tensor], Tensor]


def own_loss(name: str) -> Loss:
    """The loss that is registered under a name: a function of outputs and targets, or a class that makes one.

    It returns the mean over the rows, a scalar.  Of ``task=regress`` both are (rows,), on the scale that is trained
    on; of ``task=classify`` they are logits (rows, classes), of two classes one logit (rows, 1), and classes (rows,),
    int64.  Its source is part of a run's id.

    >>> import torch
    >>> from dlrun.registry import register
    >>> @register("loss", "cubed")
    ... def cubed(outputs, targets):
    ...     '''The mean of the cubed distances.'''
    ...     return (outputs - targets).abs().pow(3).mean()
    >>> own_loss("cubed")(torch.tensor([1.0, 4.0]), torch.tensor([1.0, 2.0]))
    tensor(4.)

    Raises ValueError, when it is called, where it returns more than one number.
    """
    found = find("loss", name)
    chosen: Loss = found() if isinstance(found, type) else found

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        value = chosen(outputs, targets)
        if value.ndim:
            raise ValueError(f"task.loss={name} returned {tuple(value.shape)} numbers; expected their mean, a scalar")
        return value

    return loss
