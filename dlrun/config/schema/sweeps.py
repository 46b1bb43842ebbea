"""The key `sweep`: what varies in an experiment's jobs, and how they are run.  None of it is part of a run's identity.

Most keys have a short form on the command line of a sweep: ``seeds=5`` is ``sweep.seeds=5`` (`SHORT`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlrun.config.schema.fields import choice, flag, free, integer, kind_name, mapping, number, rules, text

SEARCHES = ("random", "tpe", "gp", "cmaes", "qmc")
PRUNERS = ("median", "hyperband", "none")
FORMS = ("zip", "skip")  # what `pairs` and `exclude` are on the command line:  zip(a=1,2; b=3,4)  skip(a=1, b=4)


@dataclass(frozen=True)
class Sweep:
    """A sweep: rows, then axes and pairs, crossed in their order, and last the seeds."""

    name: str | None = text(None, "Folder of the sweep; null: the experiment's name, or one made of what varies.")
    rows: dict[str, Any] | None = mapping(
        None, "Named rows: for each a list of overrides, or a mapping of keys to values.")
    axes: dict[str, Any] | None = mapping(None, "For each key its values: a list, or a text in Hydra's sweep grammar.")
    pairs: Any = free(None, "Keys that vary together: mappings of keys to lists of one length.", optional=True)
    exclude: Any = free(None, "Jobs that are left out: mappings of keys to values (or lists of them).", optional=True)
    seeds: Any = free(None, "Seeds of each combination: a number n for 0 to n-1, or a list.", optional=True)
    metric: str | None = text(None, "What tables show, and a search improves; null: accuracy or loss.")
    versus: str | None = text(None, "The row that the others are compared with; null: the best; baselines: "
                                    "rows of scikit-learn's models are added, and the best of them is it.")
    workers: Any = integer("auto", "Jobs at a time.", low=1, words=("auto",))
    per_gpu: int = integer(1, "Jobs at a time on one GPU.", low=1)
    on_error: Any = integer("continue", "When jobs fail: continue, stop, or stop after so many.", low=1,
                            words=("continue", "stop"))
    retry: str = choice("none", ("none", "failed"), "Which jobs that have ended are run again.")
    timeout: float | None = number(None, "Seconds after which a job is ended as failed.", low=0, above=True)
    dry_run: bool = flag(False, "Plan, print the plan, and stop.")
    launcher: str = kind_name("launcher", "local", "What starts the processes that run the jobs.")
    launcher_args: dict[str, Any] | None = mapping(
        None, "Arguments of the launcher: those of ray.init, or parameters of submitit's executor.")
    search: str | None = choice(None, SEARCHES, "Draw the values by Optuna instead of crossing them.")
    n_trials: int = integer(20, "Trials of a search, those of earlier starts included.", low=1)
    pruner: str = choice("median", PRUNERS, "Which trials of a search are stopped early.")


GRID = ("name", "rows", "axes", "pairs", "exclude", "seeds")  # which jobs there are; all other keys are how they run
SHORT = tuple(key for key in rules(Sweep) if key not in ("name", "rows", "axes", "pairs", "exclude"))


def of_a_sweep(override: str) -> str:
    """The sweep's key that an override sets (``zip`` and ``skip`` for these forms); empty for others."""
    form = override.partition("(")[0].strip()
    if form in FORMS and "(" in override:
        return form
    key = override.partition("=")[0].strip()
    if key in SHORT:
        return key
    return key.removeprefix("sweep.") if key.startswith("sweep.") else "sweep" if key == "sweep" else ""
