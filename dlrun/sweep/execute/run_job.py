"""One job of a sweep in the process that trains it: from its stored configuration, through the run that all pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError, problem
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import stored
from dlrun.record.lock import Busy
from dlrun.record.recorder import Recorder
from dlrun.registry import allow
from dlrun.sweep.execute.job_message import Message


def planned_job(message: Message) -> Checked:
    """The job as it was planned, with the threads that it is given; raises ConfigError where it has changed."""
    allow(message["allow"])
    found = stored(message["config"])
    if identity(found.config) != message["id"]:
        raise problem(f"job {message['id']}", "a file that the job depends on (data, or a model's code) has changed "
                                              "since the sweep was planned; run the same command to plan it again")
    output_dir = str(Path(message["folder"]).parents[1])
    return replace(found, config=replace(found.config, threads=message["threads"], output_dir=output_dir),
                   environment=tuple(message["environment"]))


def run_job(message: Message, recorder: Recorder) -> Message:
    """Train a job (or find that it is done, or write down that it is abandoned); the answer, as `job_message` lists.

    An exception of the user's code is in the run's folder afterwards and ends only this job.
    """
    from dlrun.run.run import recorders_of, run

    if message.get("abandon_reason"):
        return _abandon(message)
    try:
        ready = planned_job(message)
        outcome = run(ready, ["dlrun", *message["words"]], [*recorders_of(ready.config), recorder], loading=_loading)
    except Exception as error:
        return answer_to(error)
    return {"event": "end", "code": outcome.exit_code}


@contextmanager
def _loading() -> Iterator[None]:
    """Where torch is loaded, as there is something to train: what this job reads is there for the next."""
    yield
    from dlrun.engine.processes import Processes

    Processes.keep_rows()


def answer_to(error: Exception) -> Message:
    """The answer of a job that could not begin, or failed."""
    from dlrun.run.cannot_write import CannotWrite

    if isinstance(error, Busy):
        return {"event": "busy", "reason": str(error)}
    if isinstance(error, ConfigError):
        return {"event": "refused", "reason": error.line}
    if isinstance(error, CannotWrite):
        return {"event": "refused", "reason": str(error)}
    return {"event": "end", "code": 1, "reason": f"{type(error).__name__}: {error}"}  # the run has written it down


def _abandon(message: Message) -> Message:
    """Write down that a job cannot be run, as a run does that fails by itself."""
    from dlrun.record.folder import RunFolder, write_text
    from dlrun.record.lock import RunLock
    from dlrun.run.outcome import failed

    folder, reason = RunFolder(message["folder"]), message["abandon_reason"]
    try:
        with RunLock(folder.path):
            write_text(folder.traceback, reason + "\n")
            failed(planned_job(message).config, message["id"], folder, reason)
    except (Busy, ConfigError) as error:
        return answer_to(error)
    return {"event": "end", "code": 1, "reason": reason}
