"""What a callback is: a recorder that sees the model, may end the run, and has state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlrun.record.recorder import Recorder

if TYPE_CHECKING:
    from torch import nn


class Callback(Recorder):
    """The base of your own callbacks.  Override the places that you care about; all others do nothing.

    >>> from dlrun.engine.callbacks import Callback
    >>> from dlrun.registry import register
    >>> @register("callback", "good_enough")
    ... class GoodEnough(Callback):
    ...     '''Ends the run when the validation loss was below 0.5 in three epochs.'''
    ...
    ...     def __init__(self):
    ...         self.count = 0
    ...
    ...     def epoch(self, row, best):
    ...         self.count += row["val/loss"] < 0.5
    ...         if self.count == 3:
    ...             self.stop("val/loss was below 0.5 three times")
    ...
    ...     def state_dict(self):
    ...         return {"count": self.count}
    ...
    ...     def load_state_dict(self, state):
    ...         self.count = state["count"]
    >>> callback = GoodEnough()
    >>> for loss in (0.9, 0.4, 0.6, 0.3, 0.2):
    ...     callback.epoch({"val/loss": loss}, best=False)
    >>> callback.stop_reason
    'val/loss was below 0.5 three times'

    With this in ``mine.py``, ``dlrun callbacks=good_enough allow=mine`` trains with it (or, without `register`,
    ``callbacks=mine.GoodEnough allow=mine``).  It is made without arguments for each training, of a k-fold run for each
    fold.  Its source is part of the run's id.

    The order of calls: start, (update*, step*, picture*, epoch)*, finish, close.  `update` and `epoch` come at the same
    steps again when a run is resumed; `step` comes by the clock, for display: what changes a run belongs in the other
    two.  `start` comes on a resumed run too, after `load_state_dict`.  `row` has the keys of metrics.jsonl.
    """

    model: nn.Module  # set before `start`; in training mode except in `epoch`, where its mode is not defined
    stop_reason: str | None = None

    def stop(self, reason: str) -> None:
        """End the run: the epoch is closed, measured and recorded, and `reason` stands in result.json."""
        self.stop_reason = reason

    def update(self, step: int) -> None:
        """After an update of the weights; `step` counts from 1 over the whole run.  To be fast, read no tensor here."""

    def state_dict(self) -> Mapping[str, Any]:
        """What the next call depends on, as tensors and plain values: it is stored in each checkpoint."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` gave."""
