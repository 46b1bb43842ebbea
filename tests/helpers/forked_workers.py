"""Workers of a sweep that are forked where torch is loaded already; see `forked`.

Each is a process and a session of its own that hears and answers through pipes, as the real one is: how that starts
an interpreter is seen by tests/sweep/execute/test_inline.py.
"""

from __future__ import annotations

import multiprocessing.connection
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import pytest

from dlrun.sweep.execute import worker_process
from tests.helpers.forked import CONTEXT

CHILDREN = "DLRUN_TEST_WORKERS"  # names a file for lines of a parent's and its worker's process numbers


class ForkedWorker:
    """What `worker_process` uses of a Popen."""

    def __init__(self, command: list[str], *, stdin: int, stdout: int, stderr: BinaryIO, env: dict[str, str],
                 start_new_session: bool) -> None:
        assert command[:2] == [sys.executable, "-c"] and start_new_session
        (hears, says), (reads, answers) = os.pipe(), os.pipe()
        given = [multiprocessing.connection.Connection(number) for number in (hears, answers, os.dup(stderr.fileno()))]
        self._process = CONTEXT.Process(target=_work, args=(given, os.getcwd(), env))
        self._process.start()
        for end in given:
            end.close()
        self.stdin, self.stdout = os.fdopen(says, "wb"), os.fdopen(reads, "rb")
        assert self._process.pid is not None
        self.pid: int = self._process.pid
        if CHILDREN in os.environ:
            with open(os.environ[CHILDREN], "a") as stream:
                stream.write(f"{os.getpid()} {self.pid}\n")

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


@contextmanager
def forked_workers() -> Iterator[None]:
    """Sweeps of this process start their workers so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_process, "subprocess", SimpleNamespace(Popen=ForkedWorker, PIPE=subprocess.PIPE))
        yield


def started_by(pid: int, file: Path) -> list[int]:
    """The workers that a process has started, by the file that CHILDREN named in its environment."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [int(child) for parent, child in map(str.split, lines) if int(parent) == pid]


def _work(streams: list[multiprocessing.connection.Connection], folder: str, env: dict[str, str]) -> None:
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
        stream.close()
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.path[:] = os.environ.pop("DLRUN_SYS_PATH").split(os.pathsep)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, encoding="utf-8", closefd=False)
                                         for number, mode in ((0, "r"), (1, "w"), (2, "w")))
    from dlrun.sweep.execute.worker import main

    sys.exit(main())
