"""Drives an engine: hands out as many jobs as it has room for, and asks for their answers."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from dlrun.engine.signals import Signals
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.sweep.execute.engines import Engine, Lost
from dlrun.sweep.execute.job_queue import Agenda
from dlrun.sweep.execute.pending_job import Todo
from dlrun.sweep.execute.progress import Watch
from dlrun.sweep.execute.runner import TICK, Runner

GLANCE = 1.0  # seconds between two looks at how far the running jobs are


class Drive(Runner):
    """Runs an agenda on an engine.  Jobs are told to stop by a file in `folder`, which they look for as they train."""

    def __init__(self, agenda: Agenda, engine: Engine, watch: Watch, folder: Path, timeout: float | None = None):
        super().__init__(agenda, engine.slots, watch, timeout)
        self.engine = engine
        self.stop_file = folder.absolute() / f"stop-{os.getpid()}-{time.time_ns()}"
        self._running: list[tuple[Todo, Any]] = []
        self._glanced = 0.0

    def run(self, signals: Signals) -> None:
        """Until every job has ended, too many have failed, or a signal came; then all running jobs are saved."""
        try:
            while not self.agenda.finished and not (self.stopping and not self._running):
                if (signals.asked is not None or self.agenda.broken) and not self.stopping:
                    self.stopping = True
                    self.stop_file.parent.mkdir(parents=True, exist_ok=True)
                    self.stop_file.touch()
                while not self.stopping and self._room() and (todo := self.next()) is not None:
                    self._running.append((todo, self.engine.submit({**self.begin(todo), "stop": str(self.stop_file)})))
                for todo, handle in list(self._running):
                    self._ask(todo, handle)
                self._glance()
                self.watch.tick()
                time.sleep(TICK)
        finally:
            self.engine.close()
            self.stop_file.unlink(missing_ok=True)

    def _room(self) -> bool:
        return not self.slots.workers or len(self._running) < self.slots.workers

    def _ask(self, todo: Todo, handle: Any) -> None:
        try:
            message = self.engine.answer(handle)
        except Lost as lost:
            self._running.remove((todo, handle))
            self.lost(todo, str(lost))
            return
        if message is not None:
            self._running.remove((todo, handle))
            self.ended(todo, message)
        elif self.late(todo):
            self.engine.cancel(handle)

    def _glance(self) -> None:
        """How far the jobs are, by their rows: an engine's processes have no other way to tell."""
        if time.monotonic() - self._glanced < GLANCE:
            return
        self._glanced = time.monotonic()
        for todo, _ in self._running:
            rows = read(RunFolder(todo.folder).metrics)
            if rows:
                values = {key: value for key, value in rows[-1].items() if "/" in key}
                self.watch.progress(todo, {"epochs": rows[-1]["epoch"], "of": todo.job.config.get("epochs"),
                                           "values": values})
