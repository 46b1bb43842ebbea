"""A worker's process as the sweep sees it: started in an environment of its own, told and heard by lines of JSON."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from dlrun.sweep.execute.job import Message
from dlrun.sweep.execute.pending_job import Todo

# The same search path for modules as here: neither the working folder (which -c and -m put first) nor a file beside
# the worker's may stand in for a module of Python's.
_START = ("import os, sys; sys.path[:] = os.environ.pop('DLRUN_SYS_PATH').split(os.pathsep); "
          "from dlrun.sweep.execute.worker import main; sys.exit(main())")
Heard = queue.SimpleQueue[Any]  # (Process, Message | None): None when its answers have ended


class Process:
    """`todo` is the job in hand, `ready` whether torch is loaded."""

    def __init__(self, number: int, log: Path, heard: Heard, threads: int, gpu: str | None):
        self.number, self.log = number, log
        self.todo: Todo | None = None
        self.ready = self.stopping = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "ab") as stream:
            # A session of its own: Ctrl-C reaches the sweep alone, which then asks each worker once.
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream,
                env=_environment(threads, gpu), start_new_session=True)
        self.pid = self._process.pid
        threading.Thread(target=self._hear, args=(heard,), daemon=True).start()

    def give(self, todo: Todo, task: Message) -> None:
        self.todo = todo
        self._write(task)

    def stop(self, number: int = signal.SIGINT) -> None:
        """Ask for an end: a run is saved first; a worker without one ends at once."""
        if not self.stopping and self._process.poll() is None:
            self.stopping = True
            self._process.send_signal(number)

    def spare(self) -> None:
        """Ask for the end of the job in hand, which is saved first; the worker stays."""
        assert self.todo is not None
        self._write({"stop": self.todo.job.id})

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        """No more jobs will come."""
        try:
            assert self._process.stdin is not None
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def ended(self) -> str:
        """How the process ended, which it has: ``killed by SIGKILL``, ``exit code 1``."""
        code = self._process.wait()
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def _write(self, message: Message) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died: its answers end, and that is heard

    def _hear(self, heard: Heard) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                heard.put((self, json.loads(line)))
            except ValueError:
                break  # half a line of a process that was killed
        heard.put((self, None))


def _environment(threads: int, gpu: str | None) -> dict[str, str]:
    pinned = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    devices = {} if gpu is None else {"CUDA_VISIBLE_DEVICES": gpu}
    path = {"DLRUN_SYS_PATH": os.pathsep.join(place or os.getcwd() for place in sys.path)}
    return {**os.environ, **pinned, **devices, **path}
