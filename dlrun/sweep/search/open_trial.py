"""A running trial, and what is reported to the study while its runs train."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.record.plan import Job
from dlrun.record.stored import Damaged
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.plan.status import JobState
from dlrun.sweep.search.objective import Objective

if TYPE_CHECKING:
    import optuna

MAX_POINTS = 100  # of a curve that the study keeps


@dataclass
class OpenTrial:
    """A trial and its jobs, one a seed: `open` are the ids of those that have not ended, `states` what is known."""

    trial: optuna.Trial
    jobs: list[Job]
    states: dict[str, JobState] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    @property
    def first(self) -> str:
        """The job whose curve the pruner judges: that of the first seed."""
        return self.jobs[0].id

    def report_progress(self, message: Message, objective: Objective, known: Mapping[int, float]) -> bool:
        """Report a ``progress`` message of the first job, where it has a new point; whether the trial is to be pruned.

        `known` are the points that the study has.
        """
        key, epoch = objective.row_key, int(message["epochs"])
        value = message["values"].get(key)
        whole = message["epochs"] == epoch or key.startswith("val/")  # in mid-epoch the others are running means
        if not whole or epoch < 1 or epoch % self._stride or not _is_number(value) or epoch in known:
            return False
        self.trial.report(objective.best_so_far(float(value), known.values()), epoch)
        return epoch < (message["of"] or epoch + 1) and self.trial.should_prune()

    def report_curve(self, run: Path, objective: Objective, known: Mapping[int, float]) -> None:
        """Report what was not reported while it ran: other trials are compared with the whole curve."""
        folder = RunFolder(run)
        if folder.fold(0).path.is_dir():  # its rows are means over the folds; what was reported are the folds' own
            return
        try:
            rows = read(folder.metrics)
        except Damaged:  # the result stands; the pruner compares with what was reported while it ran
            return
        for epoch, value in objective.curve(rows).items():
            if epoch not in known and epoch % self._stride == 0:
                self.trial.report(value, epoch)

    @property
    def _stride(self) -> int:
        return max(1, (self.jobs[0].config.get("epochs") or 0) // MAX_POINTS)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and isfinite(value)
