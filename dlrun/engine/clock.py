"""Where a run is, and how long it has trained."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Clock:
    """Epochs done, steps done, seconds of training so far; a part of the checkpoint.

    `checked_step` is that of the last check of the metrics.  `share` is the part of the time that counts as this run's,
    where several runs train as one program.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    checked_step: int = 0
    share: float = 1.0
    _since: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Time counts from here: reading data and drawing pictures is no training."""
        self._since = time.monotonic()

    def skip(self, seconds: float) -> None:
        """So much of the time since the last tick was no training of this run."""
        self._since += seconds

    def now(self) -> float:
        """Seconds of training until this moment."""
        return self.seconds + self.share * (time.monotonic() - self._since)

    def tick(self) -> float:
        """Add the time since the last tick; the seconds of this epoch."""
        now = time.monotonic()
        passed = self.share * (now - self._since)
        self.seconds += passed
        self.epoch_seconds += passed
        self._since = now
        return self.epoch_seconds

    def state(self) -> dict[str, Any]:
        self.tick()
        return {"epoch": self.epoch, "step": self.step, "seconds": self.seconds,
                "epoch_seconds": self.epoch_seconds, "looked": self.checked_step}

    def load(self, state: dict[str, Any]) -> None:
        for name in ("epoch", "step", "seconds", "epoch_seconds"):
            setattr(self, name, state.pop(name))
        self.checked_step = state.pop("looked")
        self._since = time.monotonic()
