"""Jobs in joblib's processes (loky): a pool that is replaced as a whole when one of its processes dies."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import ShutdownExecutorError

from dlrun.sweep.execute.engines import Lost
from dlrun.sweep.execute.job import Message, work
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots


class Joblib:
    def __init__(self, options: Execution, slots: Slots, logs: Path):
        self.slots = slots
        self._count = slots.workers or slots.cores
        self._pool = self._new()

    def _new(self) -> Any:
        # Each process takes Ctrl-C of the terminal for itself, as a single run does; others learn by the stop file.
        return ProcessPoolExecutor(self._count)

    def submit(self, task: Message) -> Future[Message]:
        try:
            future: Future[Message] = self._pool.submit(work, task)
        except (BrokenProcessPool, ShutdownExecutorError):  # a process died since: the pool takes no more
            self._pool.shutdown(wait=False)
            self._pool = self._new()
            future = self._pool.submit(work, task)
        return future

    def answer(self, handle: Future[Message]) -> Message | None:
        if not handle.done():
            return None
        try:
            return handle.result()
        except (BrokenProcessPool, CancelledError, ShutdownExecutorError) as broken:
            raise Lost(f"a process of joblib's died: {type(broken).__name__}") from None

    def cancel(self, handle: Future[Message]) -> None:
        """joblib cannot end one process: all end, and the other jobs go on from their checkpoints."""
        self._pool.shutdown(wait=False, kill_workers=True)

    def close(self) -> None:
        self._pool.shutdown(wait=True)
