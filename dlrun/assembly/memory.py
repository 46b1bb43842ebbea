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


def rows_that_fit(parts: RunComponents) -> int | None:
    """The largest halving of the batch whose forward and backward pass goes through; None where one row does not."""
    rows = parts.config.batch_size
    parts.model.train()
    while rows > 1:
        rows //= 2
        parts.model.zero_grad(set_to_none=True)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        try:
            x, y = parts.train.range(0, min(rows, parts.train.count))
            for player in parts.task.players(parts.model):
                parts.task.loss(player, parts.model, Batch(x, y, len(x)))[0].backward()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            continue
        return rows
    return None
