"""Commands of dlrun in forked children of this process, which has loaded what they need."""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from dlrun.data.sets._sklearn import SklearnTable
from dlrun.record import provenance
from dlrun.registry import find

Prepare = Callable[[], Any]


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code (negative: the signal), and what it printed."""

    code: int
    text: str


def fork(work: Callable[[], int], log: Path) -> int:
    """Begin a child that does `work`, printing to `log`, and exits with what it returns; its pid."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(stream, 1)
        os.dup2(stream, 2)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        sys.stdin = open(0, closefd=False)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        torch.set_num_threads(1)
        code = work()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def wait(pid: int, log: Path) -> Ended:
    """The end of a child of `fork`."""
    _, status = os.waitpid(pid, 0)
    text = log.read_text(encoding="utf-8", errors="replace")
    return Ended(os.waitstatus_to_exitcode(status), text)


def command(arguments: list[str], place: Path, prepare: Prepare | None = None) -> Ended:
    """One command line in a child, in the folder `place`; `prepare` is called in the child before."""
    log = place.with_name(f"{place.name}.log")
    return wait(begin(arguments, place, prepare), log)


def begin(arguments: list[str], place: Path, prepare: Prepare | None = None) -> int:
    """As `command`, without waiting; the pid."""
    def work() -> int:
        from dlrun.cli.route import route

        os.chdir(place)
        if prepare is not None:
            prepare()
        return route(list(arguments))

    return fork(work, place.with_name(f"{place.name}.log"))


def returned(work: Callable[[], Any], log: Path) -> Any:
    """What `work` returns in a child."""
    answer = log.with_suffix(".pickle")

    def whole() -> int:
        found = work()
        answer.write_bytes(pickle.dumps(found))
        return 0

    ended = wait(fork(whole, log), log)
    assert ended.code == 0, ended.text
    found = pickle.loads(answer.read_bytes())
    answer.unlink()
    return found


_warm: set[tuple[str, ...]] = set()


def warm(arguments: list[str], place: Path) -> None:
    """Run a command once in a child, and import here what it has imported there."""
    from dlrun.cli.route import route

    def work() -> list[str]:
        os.chdir(place)
        assert route(list(arguments)) == 0
        return list(sys.modules)

    if tuple(arguments) in _warm:
        return
    _warm.add(tuple(arguments))
    for name in returned(work, place.with_name(f"{place.name}.warm.log")):
        if name not in sys.modules and not name.startswith("__"):
            try:
                importlib.import_module(name)
            except Exception:  # a module of another name than its place
                continue
    provenance._loaded(Path(provenance.__file__).parents[1])  # what a process asks git once
    for data in (text.partition("=")[2] for text in arguments if text.startswith("dataset=")):
        if isinstance(found := find("dataset", data)(), SklearnTable):
            found.read("", print)  # each keeps what it has read
