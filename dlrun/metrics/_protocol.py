"""The contract of a metric, dlrun's or a user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class RunMetric(Protocol):
    """A number that is computed from all rows of a split: reset, then an update for each batch, then compute.

    A class is registered under the name that ``task.metrics`` chooses it by, and is called without arguments.  What
    the house has to know of it are class attributes, all of them optional: ``label`` (its name in text), ``unit``,
    ``direction`` (``"min"`` or ``"max"``, the way it gets better; None: neither, then nothing can be chosen by it) and
    ``share`` (True: a fraction, written in percent).  The first line of its docstring is the sentence of `dlrun list`.

    It is measured on the validation rows after each epoch and on the test rows at the end, never on the way: nothing
    of it is in a checkpoint.  It takes no part in a run's id, unless the run is stopped or its weights are chosen by it
    (``early_stop.monitor=val/worst_error``, a plateau's monitor): then its source does.  A value that is not finite is
    left out.

    >>> import torch
    >>> from dlrun.registry import find, register
    >>> @register("metric", "worst_error")
    ... class WorstError:
    ...     '''The largest error of any row.'''
    ...     label, direction = "worst error", "min"
    ...
    ...     def reset(self):
    ...         self.worst = None
    ...
    ...     def update(self, outputs, targets):  # stays on the device; the host waits in compute alone
    ...         worst = (outputs - targets).abs().max()
    ...         self.worst = worst if self.worst is None else torch.maximum(self.worst, worst)
    ...
    ...     def compute(self):
    ...         return float(self.worst)
    >>> metric = find("metric", "worst_error")()
    >>> metric.reset()
    >>> metric.update(torch.tensor([1.0, 2.0]), torch.tensor([1.5, 2.0]))
    >>> metric.update(torch.tensor([3.0]), torch.tensor([2.0]))
    >>> metric.compute()
    1.0
    """

    def reset(self) -> None:
        """Forget all rows."""

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        """Take in a batch, on the run's device.

        Of classes (task classify, tag, next_token) `outputs` are probabilities, (rows, classes), or (rows,) that of
        the second of two, and `targets` the classes (rows,), int64; of a tagger each word is a row, and padding is
        none.  Of labels (multi_label) both are (rows, labels), probabilities and 0 or 1.  Of numbers (regress) both
        are (rows,), in the data's own unit; of inputs that are made again (reconstruct) both are (rows, values).
        """

    def compute(self) -> float:
        """The metric of all rows since the last reset."""
        ...
