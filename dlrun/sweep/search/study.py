"""Optuna's part of a search: the study in the sweep's folder, its samplers and pruners.  Imports Optuna when used."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import Problem, problem
from dlrun.record.metrics import mend
from dlrun.record.own_file import refuse_links
from dlrun.record.stored import Damaged
from dlrun.sweep.request.axes import Axis
from dlrun.sweep.search.space import labels

if TYPE_CHECKING:
    import optuna
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

JOURNAL = "study.jsonl"
_FINGERPRINT = "asked"  # the study's attribute that says which search it is
_NEEDS = {"cmaes": "cmaes", "gp": "torch"}  # beside Optuna
WARM_UP = 5  # a fifth of the epochs is trained before the median pruner judges a trial


def missing(search: str) -> list[Problem]:
    """What has to be installed for a search, in a sentence."""
    lacking = [name for name in ("optuna", _NEEDS.get(search, "optuna")) if find_spec(name) is None]
    return [Problem(f"search={search}", f"it needs {lacking[0]}:  pip install 'dlrun[optuna]'")] if lacking else []


def open_study(folder: Path, name: str, fingerprint: Mapping[str, Any], falls: bool, pruner: str,
               epochs: int | None) -> optuna.Study:
    """The study of a sweep's folder, whose lock is held; created where there is none.

    `fingerprint` is what may not change while it is continued.  Raises ConfigError where the folder holds another.
    """
    import optuna
    from optuna.storages import JournalStorage

    from dlrun.sweep.search.journal import SealedJournal

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / JOURNAL
    refuse_links(folder, path)
    mend(path)
    try:
        storage = JournalStorage(SealedJournal(path))
        study = optuna.create_study(study_name=name, storage=storage, direction="minimize" if falls else "maximize",
                                    load_if_exists=True, pruner=_pruner(pruner, epochs))
        study.get_trials(deepcopy=False)
    except Exception as error:  # whatever Optuna raises for a line that it cannot use
        wrong = error.wrong if isinstance(error, Damaged) else str(error)
        wrong = wrong if isinstance(error, ValueError) else f"{type(error).__name__}: {wrong}"
        raise Damaged(path, f"it is not what the search wrote ({wrong[:80]})",
                      "another sweep.name begins a new study, which finds the runs that are trained") from error
    before = study.user_attrs.get(_FINGERPRINT, {})
    other = next((key for key in fingerprint if key in before and fingerprint[key] != before[key]), None)
    if other is not None:
        raise problem(f"sweep.name={name}", f"that search has another {other}: {_shown(before[other])}, and "
                                            f"not {_shown(fingerprint[other])}; expected another name for this one")
    if not before.keys() >= fingerprint.keys():  # a new study, or one of an older dlrun
        study.set_user_attr(_FINGERPRINT, {**fingerprint, **before})
    return study


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(one)}" for key, one in value.items())
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def sampler(search: str, seed: int, number: int) -> BaseSampler:
    """The sampler of trial `number`.

    Its randomness is a function of the sweep's seed and that number, so that a search that was killed does not draw
    again what it has drawn.  A quasi-random sequence is one for the whole search; the study counts its points.
    """
    import optuna
    from optuna import samplers

    own = int.from_bytes(hashlib.sha256(f"{seed} trial {number}".encode()).digest()[:4], "big")
    if search == "random":
        return samplers.RandomSampler(seed=own)
    if search == "tpe":
        return samplers.TPESampler(seed=own, constant_liar=True)
    if search == "gp":
        return samplers.GPSampler(seed=own, warn_independent_sampling=False)
    independent = samplers.RandomSampler(seed=own)  # what these two do not draw: choices
    if search == "cmaes":
        return samplers.CmaEsSampler(seed=own, independent_sampler=independent, warn_independent_sampling=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return samplers.QMCSampler(scramble=True, seed=seed, independent_sampler=independent,
                                   warn_asynchronous_seeding=False, warn_independent_sampling=False)


def _pruner(name: str, epochs: int | None) -> optuna.pruners.BasePruner:
    from optuna import pruners

    if name == "median":
        return pruners.MedianPruner(n_warmup_steps=math.ceil((epochs or 0) / WARM_UP))
    if name == "hyperband":
        return pruners.HyperbandPruner(max_resource=epochs or "auto")
    return pruners.NopPruner()


def suggest(trial: optuna.Trial | FrozenTrial, axes: Mapping[str, Axis]) -> dict[str, Any]:
    """The values of a trial; those that it has already stay."""
    drawn: dict[str, Any] = {}
    for name, axis in axes.items():
        ends = axis.interval
        if ends is None:
            drawn[name] = trial.suggest_categorical(name, labels(axis))
        elif ends.whole:
            drawn[name] = trial.suggest_int(name, int(ends.low), int(ends.high), step=int(ends.step or 1), log=ends.log)
        else:
            drawn[name] = trial.suggest_float(name, ends.low, ends.high, step=ends.step, log=ends.log)
    return drawn
