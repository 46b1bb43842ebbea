"""A worker's process as the sweep sees it: started in an environment of its own, spoken to in lines of JSON."""

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

from dlrun.record.own_file import open_own
from dlrun.sweep.execute.job_message import Message, ids_of

# The same search path for modules as here: neither the working folder (which -c and -m put first) nor a file beside
# the worker's may stand in for a module of Python's.
_START = ("import os, sys; sys.path[:] = os.environ.pop('DLRUN_SYS_PATH').split(os.pathsep); "
          "from dlrun.sweep.execute.worker import main; sys.exit(main())")
Inbox = queue.SimpleQueue[Any]  # (WorkerProcess, Message | None): None when its answers have ended


class WorkerProcess:
    """`run_id` is the job in hand (empty: none), or the first of a pack's `jobs`; `ready` whether torch is loaded.

    What the worker answers is put into `inbox`; what is printed in it is appended to `log`.
    """

    def __init__(self, number: int, log: Path, inbox: Inbox, threads: int, gpu: str | None):
        self.number, self.log = number, log
        self.run_id = ""
        self.jobs: list[str] = []
        self.ready = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with open_own(log, "ab") as stream:
            # A session of its own: Ctrl-C reaches the sweep alone, which then asks each worker once.
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream,
                env=_environment(threads, gpu), start_new_session=True)
        self.pid = self._process.pid
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()

    def give(self, message: Message) -> None:
        """Hand out a job (`job_message`)."""
        self.run_id, self.jobs = message["id"], ids_of(message)
        self._write(message)

    def stop(self) -> None:
        """Ask for the end of the job in hand, which is saved first; the worker stays."""
        self._write({"stop": self.run_id})

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def close(self) -> None:
        """No more jobs will come: the process ends; one with a job in hand saves it first."""
        try:
            assert self._process.stdin is not None
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def wait(self) -> str:
        """How the process ended, which it has or is about to: ``killed by SIGKILL``, ``exit code 1``."""
        code = self._process.wait()
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    def last_log_line(self) -> str:
        """The last line that was printed in it."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def _write(self, message: Message) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died: its answers end, and that is heard

    def _listen(self, inbox: Inbox) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                inbox.put((self, json.loads(line)))
            except ValueError:
                break  # half a line of a process that was killed
        inbox.put((self, None))


def _environment(threads: int, gpu: str | None) -> dict[str, str]:
    pinned = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    devices = {} if gpu is None else {"CUDA_VISIBLE_DEVICES": gpu}
    path = {"DLRUN_SYS_PATH": os.pathsep.join(place or os.getcwd() for place in sys.path)}
    return {**os.environ, **pinned, **devices, **path}
