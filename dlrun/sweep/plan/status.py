"""What has become of a job, read from its run's folder and from nothing else.

A sweep keeps no books of its own: a job that another sweep, or a single command, has finished is done here too, and a
process that dies at any moment leaves nothing that could contradict the folders.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dlrun.record.folder import RunFolder, read_json
from dlrun.record.plan import Plan
from dlrun.record.status import AGAIN, DONE, FAILED
from dlrun.record.trials import pruned

WAITING, STARTED = "waiting", "interrupted"  # nothing is there; a run that was ended in the middle
PRUNED = "pruned"  # one that a search has stopped: its folder says interrupted, and a command of its own goes on


@dataclass(frozen=True)
class Entry:
    """A job's state: a status of result.json, "interrupted" where only a checkpoint is there, "waiting" for nothing,
    "pruned" where a search has stopped it.

    `result` is what result.json holds, `threads` those of the first start (they decide the bits of what is to come).
    """

    status: str
    result: dict[str, Any] = field(default_factory=dict)
    threads: int | None = None

    @property
    def done(self) -> bool:
        return self.status in DONE

    @property
    def failed(self) -> bool:
        return self.status in FAILED

    def to_do(self, retry_failed: bool) -> bool:
        """Whether the sweep trains it: all but what is done, and what failed only where that is asked for."""
        return not self.done and self.status != PRUNED and (retry_failed or self.status not in AGAIN)

    @property
    def reason(self) -> str:
        """Why there is no result, in a line; empty where there is one."""
        return str(self.result.get("stop_reason") or self.status) if self.failed else ""


def look(path: Path) -> Entry:
    """The state of the run in a folder; one whose result.json is unreadable counts as failed, with the reason."""
    folder = RunFolder(path)
    try:
        result = folder.result()
    except ValueError as error:
        return Entry("failed", {"stop_reason": f"{folder.result_file} is not readable ({error})"})
    if result is not None:
        return Entry(str(result["status"]), result, _threads(folder))
    begun = folder.last.is_file() or folder.fold(0).path.is_dir()
    return Entry(STARTED, threads=_threads(folder)) if begun else Entry(WAITING)


def survey(plan: Plan) -> list[Entry]:
    """The state of each job of a plan."""
    given_up = pruned(plan.folder) if plan.options.get("search") else set()
    found = [look(plan.run_folder(job)) for job in plan.jobs]
    return [replace(entry, status=PRUNED) if job.id in given_up and not entry.done else entry
            for job, entry in zip(plan.jobs, found)]


def written(path: Path) -> int:
    """When a checkpoint of the run in a folder (or of its folds) was last written, in nanoseconds; 0 for never."""
    folds = (path / "folds").glob("*/checkpoints/last.pt")
    times = []
    for file in (RunFolder(path).last, *folds):
        try:
            times.append(file.stat().st_mtime_ns)
        except FileNotFoundError:
            pass
    return max(times, default=0)


def _threads(folder: RunFolder) -> int | None:
    """The threads that a run would go on with; None where it would begin anew."""
    begun = folder.last.is_file() or folder.fold(0).path.is_dir()
    if not (begun and folder.provenance.is_file()):
        return None
    threads = read_json(folder.provenance).get("threads")
    return threads if isinstance(threads, int) else None
