"""What several processes have to do after the same step: leave the loop, and save."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from dlrun.engine.checkpoint_manager import CheckpointManager
from dlrun.engine.data_parallel import DataParallel, broadcast
from dlrun.engine.signals import Signals


class AgreedSignals(Signals):
    """Signals of all processes as one: the loop leaves where every process knows of it."""

    def __init__(self, own: Signals, shares: DataParallel, step: Callable[[], int]):
        self._own, self._shares, self._step = own, shares, step

    @property
    def received(self) -> int | None:  # type: ignore[override]
        """The signal that any process has got, once all know of it; asked in the same step everywhere."""
        stop, _ = self._shares.agreed(self._step())
        return (self._own.received or signal.SIGTERM) if stop else None


class AgreedCheckpoints:
    """The leader's checkpoints for all: due at the same step everywhere, written by the leader alone."""

    def __init__(self, own: CheckpointManager, shares: DataParallel, step: Callable[[], int]):
        self._own, self._shares, self._step = own, shares, step

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    @property
    def saved(self) -> tuple[int, int] | None:
        """Epochs and steps done, as last.pt has them."""
        return self._own.saved

    @saved.setter
    def saved(self, value: tuple[int, int] | None) -> None:
        self._own.saved = value

    def due(self) -> bool:
        """Whether all save after this step; the leader's wish travels with the next gradients."""
        save = self._shares.agreed(self._step())[1]
        self._shares.due = self._own.due() and not save  # goes out with the next gradients
        return save

    def cheap(self) -> bool:
        """Whether the leader finds another checkpoint cheap."""
        return bool(broadcast(self._own.cheap()))

    def save(self, epoch: int, step: int) -> None:
        """Write what all have done: the leader's sums take in those of the others, who start again from zero."""
        if self._shares.totals.rows:
            self._shares.totals.merge(self._shares.gather, self._shares.leader)
        if self._shares.leader:
            self._own.save(epoch, step)
        else:
            self._own.saved = (epoch, step)

    def write_best(self) -> None:
        """Write best.pt, by the leader alone."""
        if self._shares.leader:
            self._own.write_best()
