"""Out of memory: recognised, and answered with the batch size that would have fitted."""

from __future__ import annotations

import gc

import torch

from dlrun.assembly.components import RunComponents
from dlrun.tasks._base.batch import Batch


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, on a GPU or on the host."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def rows_that_fit(components: RunComponents) -> int | None:
    """The largest halving of the batch whose forward and backward pass goes through; None where one row does not."""
    rows = components.config.batch_size
    components.model.train()
    while rows > 1:
        rows //= 2
        components.model.zero_grad(set_to_none=True)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        try:
            x, y = components.train.range(0, min(rows, components.train.count))
            for player in components.task.players(components.model):
                components.task.loss(player, components.model, Batch(x, y, len(x)))[0].backward()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            continue
        return rows
    return None
