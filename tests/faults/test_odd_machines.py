"""Odd machines: a full disk, a folder that cannot be written, no home, closed streams, limits, folders that go away.

Each command answers, or says in a sentence what is in its way; nothing is lost: on a healthy machine the same command
ends with the bits of a run that was left alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from dlrun.cli.route import route
from tests.faults.case_process import Ended, command, forked, preload
from tests.faults.made_data import made_data
from tests.helpers.cases import Cases
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run

STRANGER = 54321  # a user whom no file belongs to, and who has no home
WORDS = ["model=dense", "model.hidden=[6]", "epochs=3", "batch_size=8", "train_size=24", "test_size=12", "threads=1",
         "device=cpu", "checkpoint_seconds=0", "early_stop=patience", "early_stop.monitor=val/loss"]
Machine = Callable[[], object]
root = os.geteuid() == 0


def _limit(what: int, most: int) -> Machine:
    return lambda: resource.setrlimit(what, (most, most))


def _memory(more: int) -> Machine:
    def limit() -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    return limit


def _full(*streams: int) -> Machine:
    def fill() -> None:
        for stream in streams:
            os.dup2(os.open("/dev/full", os.O_RDWR), stream)

    return fill


def _closed(*streams: str) -> Machine:
    def close() -> None:
        for name in streams:
            os.close(("stdin", "stdout", "stderr").index(name))
            setattr(sys, name, None)

    return close


def _environment(**values: str | None) -> Machine:
    def change() -> None:
        for name, value in values.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        tempfile.tempdir = None

    return change


def _obeying_modes() -> None:
    """Let go of root's right to write whatever it likes, where it has it."""
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.capget(header, data)
    for word in (0, 1):  # effective, permitted; CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
        data[word] &= ~0b1110
    libc.capset(header, data)


def _read_only() -> None:
    _set_modes(Path.cwd(), writable=False)
    _obeying_modes()


def _set_modes(folder: Path, writable: bool) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() and writable else 0o555 if path.is_dir() else 0o644 if writable else 0o444)


def _stranger(*then: Machine) -> Machine:
    def become() -> None:
        os.setgroups([])
        os.setgid(STRANGER)
        os.setuid(STRANGER)
        for more in then:
            more()

    return become


def _without_folder() -> None:
    here = Path.cwd()
    shutil.rmtree(here)
    os.environ["PWD"] = str(here)


def _in_step(step: int, then: Callable[[], object]) -> Machine:
    """Something happens while a step is taken, once."""

    def patch() -> None:
        from dlrun.engine.step import EagerStep

        took, came = EagerStep.__call__, []

        def call(self, batch, number):
            took(self, batch, number)
            if number + 1 == step and not came:
                came.append(number)
                then()

        EagerStep.__call__ = call

    return patch


def _loses(what: str, step: int) -> Machine:
    """A folder goes away while a step is taken."""

    def remove() -> None:
        for folder in Path().glob(what):
            if not (folder.parent / "result.json").exists():  # checkpoints of a finished run never come back
                shutil.rmtree(folder)

    return _in_step(step, remove)


def _clock_jumps(seconds: float) -> None:
    """The clock of the day is set; files keep the times of the file system."""
    now = time.time
    time.time = lambda: now() + seconds


def _is_stopped() -> None:
    """SIGSTOP, as by Ctrl-Z, and SIGCONT a moment later."""
    if os.fork() == 0:
        time.sleep(0.3)
        os.kill(os.getppid(), signal.SIGCONT)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGSTOP)


MACHINES: dict[str, Machine] = {
    **{f"files of {size} bytes at most": _limit(resource.RLIMIT_FSIZE, size)
       for size in (0, 60, 300, 1000, 2500, 4000, 6000, 10_000, 20_000)},
    **{f"{count} open files at most": _limit(resource.RLIMIT_NOFILE, count) for count in (12, 14, 16, 20, 32)},
    **{f"{more >> 20} MiB of memory left": _memory(more) for more in (4 << 20, 16 << 20, 64 << 20)},
    "full output": _full(1), "full output and errors": _full(1, 2), "closed input": _closed("stdin"),
    "closed output": _closed("stdout"), "closed errors": _closed("stderr"),
    "closed streams": _closed("stdin", "stdout", "stderr"),
    "no home": _environment(HOME=None, DLRUN_CACHE=None, XDG_CACHE_HOME=None),
    "a home that is not there": _environment(HOME="/nonexistent/home", DLRUN_CACHE=None, XDG_CACHE_HOME=None),
    "a cache that cannot be": _environment(DLRUN_CACHE="/dev/null/cache"),
    "no folder for temporary files": _environment(TMPDIR="/nonexistent", TEMP="/nonexistent", TMP="/nonexistent"),
    "no programs": _environment(PATH="/nonexistent"),
    "an odd terminal": _environment(COLUMNS="0", LINES="0", TERM="dumb", LC_ALL="C", TZ="Nowhere/Never"),
    "the working folder is gone": _without_folder, "a read-only folder": _read_only,
    **{f"the {what} goes away in step {step}": _loses(pattern, step) for step in (2, 5)
       for what, pattern in (("run's folder", "runs/*/*"), ("folder of checkpoints", "runs/*/*/checkpoints"),
                             ("folder of all runs", "runs"))},
    **{f"the clock jumps by {seconds:,} seconds in step {step}": _in_step(step, partial(_clock_jumps, seconds))
       for step in (2, 5) for seconds in (-400_000_000, -3600, 3600, 400_000_000)},
    "a clock before 1970": partial(_clock_jumps, -2_000_000_000), "a clock after 2038": partial(_clock_jumps, 2e9),
    "stopped and continued": _in_step(5, _is_stopped),
}
IF_ROOT: dict[str, Machine] = {
    "another user's folder": _stranger(),
    "another user's folder, and no home": _stranger(_environment(HOME=None, DLRUN_CACHE=None, XDG_CACHE_HOME=None)),
    "no processes": _stranger(_limit(resource.RLIMIT_NPROC, 0)),
}
DISKS = {f"a disk of {size} KiB": size for size in (4, 8, 16, 24, 32, 48, 64, 96, 128)}
STARTS = ("fresh", "interrupted", "finished", "report", "sweep")


class Place:
    """A folder with a whole run, one that was interrupted, and a grid; each start begins with a copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words = [*made_data(folder / "data")["table-classes"], *WORDS]
        self.grid = ["-m", *self.words, "launcher=inline", "seed=0,1", "sweep.name=mine"]
        for name in ("whole", "cut"):
            (folder / name).mkdir()
        self.load(folder / "whole", self.words)

        def stopped() -> None:
            with signalled_after(5):
                command(*self.words)()

        assert forked(stopped, folder=folder / "cut").code == 143
        os.chmod(folder, 0o755)

    def load(self, here: Path, *commands: list[str]) -> None:
        """Answer commands in this process: all is loaded then, also for a user who can read no library."""
        here.mkdir(exist_ok=True)
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
            patch.chdir(here)
            assert [route(words) for words in commands] == [0] * len(commands)

    def ask(self, start: str, machine: Machine | None, here: Path) -> Ended:
        words = {"report": ["report", "runs", "into=tables"], "sweep": self.grid}.get(start, self.words)

        def work() -> None:
            sys.dont_write_bytecode = True  # Python before 3.12.9 leaves half a .pyc where a write is cut short
            if machine is not None:
                machine()
            from dlrun.cli.main import main

            sys.argv = ["dlrun", *words]
            sys.exit(main())

        return forked(work, seconds=120, folder=here)

    def prepare(self, start: str, here: Path) -> None:
        here.mkdir(exist_ok=True)
        if start != "fresh":
            shutil.copytree(self.folder / ("cut" if start == "interrupted" else "whole") / "runs", here / "runs",
                            dirs_exist_ok=True)

    def verdict(self, start: str, machine: Machine, here: Path) -> tuple[str, str]:
        """What is wrong with a command on a machine, or with the same command on a healthy one afterwards."""
        ended = self.ask(start, machine, here)
        if here.is_dir():
            _set_modes(here, writable=True)
        if not sentence(ended):
            return "", f"exit code {ended.code}: {ended.printed[-700:]}"
        here.mkdir(exist_ok=True)
        if start in ("finished", "report") and not (here / "runs").is_dir():
            self.prepare(start, here)
        again = self.ask(start, None, here)
        if again.code or "Traceback" in again.printed:
            return f"then exit code {again.code}: {again.printed[-300:]}", ""
        try:
            assert_same_run(run_of(self.folder / "whole"), run_of(here))
        except (AssertionError, OSError, ValueError) as error:
            return f"other bits: {str(error)[:200]}", ""
        left = list(here.rglob("*.tmp"))
        return f"{left} is left" if left else "", ""


def sentence(ended: Ended) -> bool:
    """Whether a command has ended by itself, without lines of code among what it says."""
    printed = ended.printed
    return ended.code in (0, 1, 2) and "Traceback" not in printed and not re.search(r"\n  in /\S+, line \d", printed)


def run_of(place: Path) -> Path:
    [config] = [path for path in place.glob("runs/*/*/config.yaml") if re.search("^seed: 0$", path.read_text(), re.M)]
    return config.parent


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Not below pytest's own folder, into which no other user can look."""
    preload()
    folder = Path(tempfile.mkdtemp(prefix="dlrun-odd-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLRUN_CACHE", str(folder / "cache"))
        yield Place(folder)
    shutil.rmtree(folder)


def judged(place: Place, cases: Cases, machines: dict[str, Machine], starts: tuple[str, ...] = STARTS) -> None:
    for name, machine in machines.items():
        for start in starts:
            if not cases.new(f"{name}: {start}"):
                continue
            here = place.folder / "here"
            place.prepare(start, here)
            cases.add(f"{name}: {start}", *place.verdict(start, machine, here))
            shutil.rmtree(here, ignore_errors=True)


def test_a_run_on_some_odd_machines(place: Place) -> None:
    cases = Cases()
    some = ("files of 4000 bytes at most", "the run's folder goes away in step 5")
    judged(place, cases, {name: MACHINES[name] for name in some}, ("interrupted",))
    cases.close(least=2)


@pytest.mark.faults
@pytest.mark.timeout(10_800)
def test_every_command_on_every_odd_machine(place: Place) -> None:
    cases = Cases("odd", "commands on odd machines: full disks, folders that cannot be written or go away, no home, "
                  "closed and full streams, limits on files, memory and processes")
    place.load(place.folder / "loaded", place.grid, ["report", "runs", "into=tables"])
    judged(place, cases, {**MACHINES, **(IF_ROOT if root else {})})
    for name, size in DISKS.items():
        for start in STARTS:
            _on_disk(place, cases, f"{name}: {start}", start, size)
    cases.close(least=150)


def _on_disk(place: Place, cases: Cases, case: str, start: str, size: int) -> None:
    """A disk that is full; left out where this user may mount none."""
    here = place.folder / "disk"
    here.mkdir(exist_ok=True)
    if not cases.new(case) or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(here)],
                                             capture_output=True).returncode:
        return
    try:
        try:
            place.prepare(start, here)
        except (OSError, shutil.Error):  # what it goes on from does not fit
            return

        def larger() -> None:
            subprocess.run(["mount", "-o", "remount,size=64m", str(here)], check=True)

        found = place.ask(start, lambda: None, here)
        wrong, trace = "", ""
        if not sentence(found):
            trace = f"exit code {found.code}: {found.printed[-700:]}"
        else:
            larger()
            wrong, trace = place.verdict(start, lambda: None, here)
        cases.add(case, wrong, trace)
    finally:
        subprocess.run(["umount", str(here)], check=True)
