"""What has become of a job, read from its run's folder and from nothing else.

A sweep keeps no books of its own: a job that another sweep, or a single command, has finished is done here too, and a
process that dies at any moment leaves nothing that could contradict the folders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dlrun.record.folder import RunFolder
from dlrun.record.pack_place import last_place
from dlrun.record.plan import Job, Plan
from dlrun.record.status import AGAIN, DONE, FAILED, unmeasured
from dlrun.record.stored import Damaged
from dlrun.record.trials import pruned

WAITING, STARTED = "waiting", "interrupted"  # nothing is there; a run that was ended in the middle
UNMEASURED = "to measure"  # trained, without all metrics that are asked for
PRUNED = "pruned"  # one that a search has stopped: its folder says interrupted, and a command of its own resumes it


@dataclass(frozen=True)
class JobState:
    """`status` is that of result.json, "interrupted" where only a checkpoint is there, "waiting" for nothing, "pruned"
    where a search has stopped the job.

    `result` is what result.json holds, `threads` those of the first start (they decide the bits of what is to come).
    Of one that was begun `pack` is its place in the pack that it was trained in last, {} where it trained alone.
    """

    status: str
    result: dict[str, Any] = field(default_factory=dict)
    threads: int | None = None
    pack: Mapping[str, Any] | None = None

    @property
    def done(self) -> bool:
        """Whether the same job would end the same way again: also one that diverged."""
        return self.status in DONE

    @property
    def failed(self) -> bool:
        """Whether it ended without a result."""
        return self.status in FAILED

    def is_pending(self, retry_failed: bool) -> bool:
        """Whether the sweep trains it: all but what is done, and what failed only where that is asked for."""
        return not self.done and self.status != PRUNED and (retry_failed or self.status not in AGAIN)

    @property
    def reason(self) -> str:
        """Why there is no result, in a line; empty where there is one."""
        return str(self.result.get("stop_reason") or self.status) if self.failed else ""


def read_job(path: Path) -> JobState:
    """The state of the run in a folder; one whose result.json is unreadable counts as failed, with the reason."""
    folder = RunFolder(path)
    try:
        result = folder.result()
    except Damaged as damaged:
        return JobState("failed", {"stop_reason": f"{folder.result_file} is not readable ({damaged.wrong})"})
    if result is not None:
        return JobState(str(result["status"]), result, *_beginning(folder))
    return JobState(STARTED, {}, *_beginning(folder)) if _begun(folder) else JobState(WAITING)


def read_all(plan: Plan) -> list[JobState]:
    """The state of each job of a plan."""
    try:
        given_up = pruned(plan.folder) if plan.options.get("search") else set()
    except Damaged:  # the study knows them too, and trials.json is written again from it
        given_up = set()
    found = [state_of(job, plan.run_folder(job)) for job in plan.jobs]
    return [replace(state, status=PRUNED) if job.id in given_up and not state.done else state
            for job, state in zip(plan.jobs, found)]


def state_of(job: Job, folder: Path) -> JobState:
    """The state of a job by its run's folder; a finished one of which further metrics are asked is to be measured."""
    state, chosen = read_job(folder), (job.config.get("task") or {}).get("metrics") or ()
    lacking = state.status in ("finished", "stopped") and unmeasured(chosen, state.result)
    return replace(state, status=UNMEASURED) if lacking else state


def checkpoint_time(path: Path) -> int:
    """When a checkpoint of the run in a folder (or of its folds) was last written, in nanoseconds; 0 for never."""
    folds = (path / "folds").glob("*/checkpoints/last.pt")
    times = []
    for file in (RunFolder(path).last, *folds):
        try:
            times.append(file.stat().st_mtime_ns)
        except FileNotFoundError:
            pass
    return max(times, default=0)


def _begun(folder: RunFolder) -> bool:
    return folder.last.is_file() or folder.fold(0).path.is_dir()


def _beginning(folder: RunFolder) -> tuple[int | None, Mapping[str, Any] | None]:
    """The threads and the pack that a run would resume with; None where it would start from the beginning."""
    if not (_begun(folder) and folder.provenance.is_file()):
        return None, None
    try:
        origin = folder.origin()
    except Damaged:  # the run itself says so when it resumes
        return None, None
    threads = origin.get("threads")
    # A start that names no pack is one of before there were packs, or of a run that has always been alone.
    return threads if isinstance(threads, int) else None, last_place(origin)
