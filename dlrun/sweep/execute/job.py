"""One job of a sweep in the process that trains it: from its stored configuration, through the run that all pass."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError, problem
from dlrun.preflight.preflight import Checked, stored
from dlrun.record.lock import Busy
from dlrun.record.recorder import Recorder

Message = dict[str, Any]


def order(config: dict[str, Any], run_id: str, folder: Path, threads: int, words: tuple[str, ...]) -> Message:
    """What a worker is told of a job: plain JSON, so that any engine can carry it."""
    return {"config": config, "id": run_id, "folder": str(folder.absolute()), "threads": threads, "words": list(words)}


def checked(task: Message) -> Checked:
    """The job as it was planned, with the threads that it is given; ConfigError where it is no longer that job."""
    found = stored(task["config"])
    if identity(found.config) != task["id"]:
        raise problem(f"job {task['id']}", "a file that it is made of (data, or a model's code) has changed since the "
                                           "sweep was planned; the same command plans anew")
    output_dir = str(Path(task["folder"]).parents[1])
    return replace(found, config=replace(found.config, threads=task["threads"], output_dir=output_dir))


def execute(task: Message, recorder: Recorder) -> Message:
    """Train a job (or find that it is done); says how that ended: {"event": "end" | "busy" | "refused", ...}.

    An exception of the user's code is in the run's folder afterwards and ends only this job.
    """
    from dlrun.record.board import Board
    from dlrun.run.run import run

    try:
        ready = checked(task)
        outcome = run(ready, ["dlrun", *task["words"]], [Board(every=ready.config.log_every or 0), recorder])
    except Busy as busy:
        return {"event": "busy", "reason": str(busy)}
    except ConfigError as wrong:
        return {"event": "refused", "reason": str(wrong)}
    except Exception as error:  # the run has written it down
        return {"event": "end", "code": 1, "reason": f"{type(error).__name__}: {error}"}
    return {"event": "end", "code": outcome.exit_code}


def give_up(task: Message, reason: str) -> Message:
    """Write down that a job cannot be run, as a run does that fails by itself."""
    from dlrun.record.folder import RunFolder, write_text
    from dlrun.record.lock import RunLock
    from dlrun.run.outcome import failed

    folder = RunFolder(task["folder"])
    try:
        with RunLock(folder.path):
            write_text(folder.traceback, reason + "\n")
            failed(checked(task).config, task["id"], folder, reason)
    except Busy as busy:
        return {"event": "busy", "reason": str(busy)}
    except ConfigError as wrong:
        return {"event": "refused", "reason": str(wrong)}
    return {"event": "end", "code": 1, "reason": reason}


def work(task: Message) -> Message:
    """What an engine's process does: give the job up, or train it until it ends or the sweep's stop file appears."""
    hopeless = task.get("hopeless")
    return give_up(task, hopeless) if hopeless else execute(task, StopFile(Path(task["stop"])))


class StopFile(Recorder):
    """Stops the run, as Ctrl-C would, once a file is there: the one signal that reaches a process on any machine."""

    def __init__(self, path: Path, every: float = 0.5):
        self._path, self._every, self._looked = path, every, 0.0
        self._asked = False

    def start(self, info: Any) -> None:
        self._look()

    def step(self, progress: Any) -> None:
        self._look()

    def epoch(self, row: Any, best: bool) -> None:
        self._look()

    def _look(self) -> None:
        now = time.monotonic()
        if not self._asked and now - self._looked >= self._every:
            self._looked = now
            if self._path.exists():
                self._asked = True  # a second signal would end the process before it has saved
                # The run's handler is called, not the signal raised: Ray's processes block it.
                handler = signal.getsignal(signal.SIGINT)
                if callable(handler):
                    handler(signal.SIGINT, None)


class Forward(Recorder):
    """Tells the sweep how far a run is, a few times a second at most; `begin` is called as training starts."""

    def __init__(self, send: Callable[[Message], None], begin: Callable[[], None] = lambda: None, every: float = 0.3):
        self._send, self._begin, self._every = send, begin, every
        self._sent = 0.0
        self._epochs: int | None = None  # of all folds
        self._one: int | None = None
        self._parts = 1
        self._values: dict[str, float] = {}

    def start(self, info: Any) -> None:
        self._one, self._parts = info.epochs, info.folds or 1
        self._epochs = self._one and self._one * self._parts
        self._tell(info.first_epoch - 1, force=True)
        self._begin()

    def step(self, progress: Any) -> None:
        done = progress.step_in_epoch / progress.steps_in_epoch if progress.steps_in_epoch else 0.0
        self._values |= progress.values
        self._tell(progress.epoch - 1 + done)

    def fold(self, name: str, after: int) -> Recorder:
        return _Fold(self, (self._one or 0) * (self._parts - after - 1))

    def epoch(self, row: Any, best: bool) -> None:
        self._note(row)
        self._tell(row["epoch"] if self._parts == 1 else self._epochs or 0)

    def _note(self, row: Any) -> None:
        self._values |= {key: value for key, value in row.items() if "/" in key and isinstance(value, (int, float))}

    def _tell(self, epochs: float, force: bool = False) -> None:
        now = time.monotonic()
        if force or now - self._sent >= self._every:
            self._sent = now
            self._send({"event": "progress", "epochs": epochs, "of": self._epochs, "values": self._values})


class _Fold(Recorder):
    """A fold's epochs, told as those of its run: `before` counts the epochs of the folds before it."""

    def __init__(self, run: Forward, before: int):
        self._run, self._before = run, before

    def step(self, progress: Any) -> None:
        self._run.step(replace(progress, epoch=self._before + progress.epoch))

    def epoch(self, row: Any, best: bool) -> None:
        self._run._note(row)
        self._run._tell(self._before + row["epoch"])
