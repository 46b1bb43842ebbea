"""SIGTERM and Ctrl-C: the first asks, and the loop saves and leaves; the second stops at once."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any

from dlrun.record.terminal import show_cursor

EXIT = {signal.SIGINT: 130, signal.SIGTERM: 143}


class Signals:
    """While the block lasts, `received` is the first signal that came (None before); a second one ends the process."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():  # elsewhere Python allows no handlers
            for number in EXIT:
                self._before[number] = signal.signal(number, self._came)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:
            show_cursor()
            os._exit(EXIT[signal.Signals(number)])
        self.received = number

    @property
    def name(self) -> str:
        """SIGINT or SIGTERM; empty where no signal has come."""
        return signal.Signals(self.received).name if self.received is not None else ""

    @property
    def exit_code(self) -> int:
        """130 for SIGINT, 143 for SIGTERM; 0 where no signal has come."""
        return EXIT[signal.Signals(self.received)] if self.received is not None else 0
