"""A case in a forked process: torch is loaded once, and what a case breaks, prints or leaves behind ends with it."""

from __future__ import annotations

import fcntl
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ended:
    """How a case ended: what it returned, its exit code (below 0 the signal that ended it), and what it printed."""

    value: Any
    code: int
    out: str
    err: str
    seconds: float

    @property
    def printed(self) -> str:
        return self.out + self.err


def preload() -> None:
    """Load what every case uses, so that no child has to.  torch stays on one thread: a fork has no other."""
    import torch

    import dlrun.cli.main
    import dlrun.cli.route
    import dlrun.preflight.preflight
    import dlrun.record.recorders.tensorboard
    import dlrun.run.training  # noqa: F401

    torch.set_num_threads(1)


def forked(work: Callable[[], Any], seconds: float = 120.0, folder: Path | None = None) -> Ended:
    """Call `work` in a forked process, in `folder`; it is killed after so many seconds (code -9).

    What it raises is printed as a stack trace, with exit code 70; SystemExit has its own code.
    """
    began = time.monotonic()
    sys.stdout.flush()
    sys.stderr.flush()
    pipes = [_pipe() for _ in range(3)]  # no files: a case may have a limit on the size of these
    child = os.fork()
    if child == 0:
        _in_child(work, *(write for _, write in pipes), folder)
    for _, write in pipes:
        os.close(write)
    code = _wait(child, began + seconds)
    out, err, answer = (_drain(read) for read, _ in pipes)
    return Ended(pickle.loads(answer) if answer else None, code, out.decode(errors="replace"),
                 err.decode(errors="replace"), time.monotonic() - began)


def _pipe() -> tuple[int, int]:
    """A pipe that holds what a case prints until it has ended."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 1 << 20)
    os.set_blocking(read, False)
    return read, write


def _drain(handle: int) -> bytes:
    """What is in a pipe; a process that outlives the case may hold its other end."""
    parts = []
    while True:
        try:
            part = os.read(handle, 1 << 20)
        except BlockingIOError:
            break
        if not part:
            break
        parts.append(part)
    os.close(handle)
    return b"".join(parts)


def _in_child(work: Callable[[], Any], out: int, err: int, answer: int, folder: Path | None) -> None:
    code = 70
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)
        if folder is not None:
            os.chdir(folder)
        value = work()
        if value is not None:
            os.write(answer, pickle.dumps(value))
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def _wait(child: int, until: float) -> int:
    pause = 0.001
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return -signal.SIGKILL
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def command(*overrides: str) -> Callable[[], None]:
    """The work of a command line in a forked process: its exit code is the process's own."""

    def work() -> None:
        from dlrun.cli.route import route

        sys.exit(route(list(overrides)))

    return work
