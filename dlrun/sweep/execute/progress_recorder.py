"""What a worker tells the sweep of the run that it trains."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from dlrun.record.recorder import Recorder
from dlrun.sweep.execute.job_message import Message


class ProgressRecorder(Recorder):
    """Sends ``progress`` messages, one every so many seconds at most; `begin` is called as training starts."""

    def __init__(self, send: Callable[[Message], None], begin: Callable[[], None] = lambda: None, every: float = 0.3):
        self._send, self._begin, self._every = send, begin, every
        self._sent = 0.0
        self._epochs: int | None = None  # of all folds
        self._one: int | None = None
        self._parts = 1
        self._done: dict[str, float] = {}  # epochs of each fold
        self._values: dict[str, float] = {}

    def start(self, info: Any) -> None:
        self._one, self._parts = info.epochs, info.folds or 1
        self._epochs = self._one and self._one * self._parts
        self._report(info.first_epoch - 1, force=True)
        self._begin()

    def step(self, progress: Any) -> None:
        done = progress.step_in_epoch / progress.steps_in_epoch if progress.steps_in_epoch else 0.0
        self._values |= progress.values
        self._report(progress.epoch - 1 + done)

    def fold(self, name: str, after: int, together: int = 1) -> Recorder:
        return _Fold(self, name)

    def fold_done(self, name: str, result: Any) -> None:
        self._done[name] = self._one or 0

    def epoch(self, row: Any, best: bool) -> None:
        self._note(row)
        self._report(row["epoch"] if self._parts == 1 else self._epochs or 0)

    def _note(self, row: Any) -> None:
        self._values |= {key: value for key, value in row.items() if "/" in key and isinstance(value, (int, float))}

    def _report(self, epochs: float, force: bool = False) -> None:
        now = time.monotonic()
        if force or now - self._sent >= self._every:
            self._sent = now
            self._send({"event": "progress", "epochs": epochs, "of": self._epochs, "values": self._values})


class _Fold(Recorder):
    """A fold's epochs, reported as those of its run: the sum over all folds."""

    def __init__(self, run: ProgressRecorder, name: str):
        self._run, self._name = run, name

    def step(self, progress: Any) -> None:
        done = progress.step_in_epoch / progress.steps_in_epoch if progress.steps_in_epoch else 0.0
        self._run._values |= progress.values
        self._report(progress.epoch - 1 + done)

    def epoch(self, row: Any, best: bool) -> None:
        self._run._note(row)
        self._report(row["epoch"])

    def _report(self, epochs: float) -> None:
        self._run._done[self._name] = epochs
        self._run._report(sum(self._run._done.values()))
