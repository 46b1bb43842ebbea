"""A study's trials as a sweep counts them, and trials.json, by which reports know them without Optuna."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.record import digest
from dlrun.record.folder import plain, write_json
from dlrun.record.plan import Job
from dlrun.record.trials import FILE, Importance

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

FEWEST = 20  # complete trials of which the best tenth says anything
RESAMPLES, ENDS = 200, (0.025, 0.975)  # 8 to 14 ms each, of 30 and of 200 trials
_STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}


class Trials:
    """A trial that is tried again is counted once: the later one stands for it."""

    def __init__(self, study: optuna.Study):
        self.study = study

    def all(self) -> list[FrozenTrial]:
        """Those that count, in their order."""
        trials = self.study.get_trials(deepcopy=False)
        before = {trial.user_attrs["again"] for trial in trials if "again" in trial.user_attrs}
        return [trial for trial in trials if trial.number not in before]

    def count(self) -> int:
        """How many there are, of those that count."""
        return len(self.all())

    def next_number(self) -> int:
        """The number that the next new trial has."""
        return len(self.study.get_trials(deepcopy=False))

    def any_waiting(self) -> bool:
        """Whether a failed trial waits to be tried again."""
        return any(trial.state.name == "WAITING" for trial in self.study.get_trials(deepcopy=False))

    def running(self) -> list[FrozenTrial]:
        """Those in hand; at a start, those that a process left as it died."""
        return [trial for trial in self.all() if trial.state.name == "RUNNING"]

    def pruned_jobs(self) -> set[str]:
        """The ids of the jobs of pruned trials."""
        return {run_id for trial in self.all() if trial.state.name == "PRUNED"
                for run_id in trial.user_attrs.get("jobs", [])}

    def curve(self, number: int) -> dict[int, float]:
        """What a trial has reported, by epoch."""
        return self.study.get_trials(deepcopy=False)[number].intermediate_values

    def retry_failed(self) -> None:
        """Enqueue every trial that failed, with its values."""
        for trial in self.all():
            if trial.state.name == "FAIL":
                self.study.enqueue_trial(trial.params, user_attrs={"again": trial.number})

    def best(self) -> FrozenTrial | None:
        """The best one of those that came to an end; None before any has."""
        try:
            return self.study.best_trial
        except ValueError:
            return None

    def write(self, folder: Path, jobs: Mapping[str, Job], ended: bool = False) -> None:
        """Write trials.json: a mapping for each trial, its values as its jobs have them, and their checksum.

        Of a search that has `ended` with the intervals of what its axes mattered, which take some seconds.
        """
        found: dict[str, Any] = {"trials": [_plain(trial, jobs) for trial in self.all()]}
        if importance := self.importance(RESAMPLES if ended else 0):
            found["importance"] = asdict(importance)
        write_json(folder / FILE, digest.sealed(plain(found)))

    def importance(self, resamples: int = 0) -> Importance | None:
        """What the axes mattered, by PED-ANOVA (Watanabe and others 2023); None of too few trials, or of one axis.

        The intervals are the middle 95 % of what it finds in so many resamples of the trials, drawn with replacement: a
        search draws its trials by what it has seen, so they say how much hangs on single trials and no more.
        """
        done = [trial for trial in self.all() if trial.state.name == "COMPLETE" and trial.value is not None
                and math.isfinite(trial.value)]
        if len(done) < FEWEST or len({name for trial in done for name in trial.params}) < 2 or len(
                {trial.value for trial in done}) < 2:
            return None
        import numpy as np

        shares = self._shares(done)
        rng = np.random.default_rng(0)
        drawn = [self._shares([done[place] for place in rng.integers(0, len(done), len(done))])
                 for _ in range(resamples)]
        intervals = {name: tuple(float(end) for end in np.quantile([one.get(name, 0.0) for one in drawn], ENDS))
                     for name in shares} if drawn else {}
        return Importance(shares, len(done), intervals, resamples)  # type: ignore[arg-type]

    def _shares(self, trials: list[FrozenTrial]) -> dict[str, float]:
        import optuna

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is experimental; of resamples without a spread it says that they are
            own = optuna.create_study(direction=self.study.direction)
            own.add_trials(trials)
            found = optuna.importance.get_param_importances(
                own, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
        return {name: float(share) for name, share in found.items()}


def _plain(trial: FrozenTrial, jobs: Mapping[str, Job]) -> dict[str, Any]:
    ids = trial.user_attrs.get("jobs", [])
    values = jobs[ids[0]].values if ids and ids[0] in jobs else trial.params
    value = trial.value if trial.state.name == "COMPLETE" else None
    return {"trial": trial.number + 1, "state": _STATES[trial.state.name], "value": value, "values": values,
            "jobs": ids, "reason": trial.user_attrs.get("reason", "")}
