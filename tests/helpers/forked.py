"""Processes for tests that begin where torch is loaded already, which takes 3 seconds of a processor each time.

A server that has loaded dlrun's runs forks each of them: a process of its own, with its own folder, environment,
signals and streams.  What a command does before torch is loaded, and how an interpreter starts, is not seen here:
a test of each verb and launcher starts `python -m dlrun` itself.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["dlrun.cli.train", "dlrun.preflight.preflight", "dlrun.run.training"])


class Forked:
    """A process that calls `target` with strings, as `subprocess.Popen` shows one; `out` and `err` are files."""

    def __init__(self, target: Callable[..., int | None], *arguments: str, cwd: Path,
                 env: Mapping[str, str] | None = None, out: str = "", err: str = "") -> None:
        self._streams = [name or tempfile.mkstemp()[1] for name in (out, err)]
        self._process = CONTEXT.Process(target=_child, args=(
            target, arguments, str(cwd), {**os.environ, **(env or {})}, *self._streams))
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, negative where a signal ended it."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return self._process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it has printed and complained of."""
        self.wait(timeout)
        out, err = (Path(name).read_text(errors="replace") for name in self._streams)
        return out, err

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def dlrun(*arguments: str) -> int:
    """The command line."""
    from dlrun.cli.main import main

    sys.argv = ["dlrun", *arguments]
    return main()


def _child(target: Callable[..., int | None], arguments: tuple[str, ...], cwd: str, env: dict[str, str], out: str,
           err: str) -> None:
    for number, name in ((0, os.devnull), (1, out), (2, err)):
        handle = os.open(name, os.O_RDWR | os.O_APPEND)
        os.dup2(handle, number)
        os.close(handle)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    encoding = env.get("PYTHONIOENCODING", "utf-8")
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, encoding=encoding, closefd=False)
                                         for number, mode in ((0, "r"), (1, "w"), (2, "w")))
    sys.path.insert(0, cwd)
    sys.exit(target(*arguments))
