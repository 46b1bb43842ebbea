"""Jobs in joblib's processes (loky): a pool that is replaced as a whole when one of its processes dies."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import ShutdownExecutorError

from dlrun.sweep.execute.by_files import run_by_files
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.polled import Lost, PolledLauncher
from dlrun.sweep.execute.slots import Slots


class JoblibLauncher(PolledLauncher):
    """As many processes as there are workers; where their number is not given, as there are cores."""

    def __init__(self, slots: Slots, logs: Path):
        super().__init__(slots, logs)
        self._pool = self._new_pool()
        self._ended: set[Future[Message]] = set()  # jobs that were ended, not lost
        self._displaced: set[Future[Message]] = set()  # jobs whose process went with such a one

    def _new_pool(self) -> Any:
        # Each process takes Ctrl-C of the terminal for itself, as a single run does; others learn by the stop file.
        return ProcessPoolExecutor(self.slots.workers or self.slots.cores)

    def begin(self, message: Message) -> Future[Message]:
        try:
            future: Future[Message] = self._pool.submit(run_by_files, message)
        except (BrokenProcessPool, ShutdownExecutorError):  # a process died since: the pool takes no more
            self._pool.shutdown(wait=False)
            self._pool = self._new_pool()
            future = self._pool.submit(run_by_files, message)
        return future

    def answer(self, handle: Future[Message]) -> Message | None:
        if not handle.done():
            return None
        try:
            return handle.result()
        except (BrokenProcessPool, CancelledError, ShutdownExecutorError) as broken:
            raise Lost(f"a process of joblib's died: {type(broken).__name__}", handle in self._displaced) from None

    def end(self, handle: Future[Message]) -> None:
        """joblib cannot end one process: all end, and the other jobs resume from their checkpoints."""
        self._ended.add(handle)
        self._displaced.update(other for other in self._handles.values() if other not in self._ended)
        self._pool.shutdown(wait=False, kill_workers=True)

    def withdraw(self, handle: Future[Message]) -> bool:
        return handle.cancel()

    def shut_down(self) -> None:
        self._pool.shutdown(wait=True)
