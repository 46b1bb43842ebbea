"""How a process that takes no messages, perhaps on another machine, is stopped and tells how far it is: by files."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

from dlrun.record.folder import write_json
from dlrun.record.recorder import Recorder, Recorders
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.progress_recorder import ProgressRecorder
from dlrun.sweep.execute.run_job import run_job


class StopFile(Recorder):
    """Stops the run, as Ctrl-C would, once the file is there; looks for it every so many seconds."""

    def __init__(self, path: Path, every: float = 0.5):
        self._path, self._every, self._looked = path, every, 0.0
        self._stopped = False

    def start(self, info: Any) -> None:
        self._look()

    def step(self, progress: Any) -> None:
        self._look()

    def epoch(self, row: Any, best: bool) -> None:
        self._look()

    def fold(self, name: str, after: int, together: int = 1) -> Recorder:
        return self

    def _look(self) -> None:
        now = time.monotonic()
        if not self._stopped and now - self._looked >= self._every:
            self._looked = now
            if self._path.exists():
                self._stopped = True  # a second signal would end the process before it has saved
                # The run's handler is called, not the signal raised: Ray's processes block it.
                handler = signal.getsignal(signal.SIGINT)
                if callable(handler):
                    handler(signal.SIGINT, None)


def run_by_files(message: Message) -> Message:
    """Run a job; it stops once the file ``stop`` of the message appears, and writes its progress to ``progress``."""
    path = Path(message["progress"])

    def write(progress: Message) -> None:
        try:
            write_json(path, progress, sync=False)
        except OSError:  # the sweep has ended and taken its files with it; the job goes on
            pass

    return run_job(message, Recorders([ProgressRecorder(write, every=1.0), StopFile(Path(message["stop"]))]))
