"""Out of memory: recognised, and answered with what fits."""

from __future__ import annotations

import gc

import torch

from dlrun.assembly.components import RunComponents
from dlrun.engine.step import EagerStep
from dlrun.models.batch_statistics import mixes_rows
from dlrun.models.plan import totals
from dlrun.preflight.checked import Checked
from dlrun.tasks._base.batch import Batch


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, on a GPU or on the host."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def before_training(checked: Checked) -> str:
    """What is said where not even what a step begins with was there: the network, its optimizer, the data."""
    config, table = checked.config, checked.table()
    name, weights = config.optimizer.name or config.optimizer.kind, "the network's weights"
    if table:
        count = sum(totals(table))
        weights = f"the network's {count:,} parameters ({4 * count / 1e9:,.2g} GB)"
    ways = ["a smaller model or a device with more memory is needed"]
    if name != "sgd":
        ways.append("optimizer=sgd keeps nothing of them")
    if config.resident is not False and config.device != "cpu" and torch.cuda.is_available():
        ways.append("resident=false leaves the data on the host")
    return (f"out of memory before the first step: {weights}, as much for their gradients, what {name} keeps of them, "
            f"and the data do not fit, whatever the batch; {'; '.join(ways)}")


def rows_that_fit(components: RunComponents, step: EagerStep) -> int | None:
    """The largest halving of the batch (first the batch itself) with which a whole step goes through: forward, backward
    and update, with all that the optimizer keeps.  None where one row does not.  The weights are others afterwards.
    """
    rows, parts = components.config.batch_size, components.config.optimizer.accumulate
    components.model.train()
    while rows >= 1:
        components.model.zero_grad(set_to_none=True)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        try:
            x, y = components.train.range(0, min(rows * parts, components.train.count))
            step.update_all(Batch(x, y, len(x)))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            rows //= 2
            continue
        return rows
    return None


def advice(components: RunComponents, rows: int | None) -> str:
    """What to do about it, `rows` at a time being what fits: ``32 rows at a time fit: batch_size=32 ...``."""
    size, optimizer = components.config.batch_size, components.config.optimizer
    if rows is None:
        megabytes = sum(weight.nbytes for weight in components.model.parameters()) / 1e6
        return (f"not even one row fits beside the weights ({megabytes:,.1f} MB), their gradients and what "
                f"{optimizer.name or optimizer.kind} keeps of them: a smaller model is needed, not a smaller batch")
    if rows == size:
        return "a step fits by itself: what is measured or drawn between the steps did not, or another program had it"
    part = next(count for count in range(rows, 0, -1) if size % count == 0)
    whole = mixes_rows(components.model) or optimizer.needs_closure or list(components.config.task.process_clashes())
    if part == 1 or whole:
        return f"{rows} rows at a time fit: batch_size={rows}"
    return (f"{rows} rows at a time fit: batch_size={part} optimizer.accumulate={size // part * optimizer.accumulate} "
            f"takes the same steps in parts, batch_size={rows} smaller ones")
