"""How long a sweep will train, from what finished runs took.  Reads only their result.json."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

from dlrun import registry
from dlrun.config.flat import flatten
from dlrun.config.schema.fields import rules
from dlrun.config.schema.root import GROUPS, Root
from dlrun.config.settings import read_file
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.record.pack_place import last_place
from dlrun.record.plan import SWEEPS, Job, Plan
from dlrun.record.status import DONE
from dlrun.record.stored import Damaged, read_json
from dlrun.sweep.plan.status import JobState

MOST = 500  # results that are read, the newest
# What changes the numbers in a step and not how many there are: by the last word of the key, in any group.
_SAME_TIME = {
    "seed", "name", "lr", "dropout", "recurrent_dropout", "momentum", "nesterov", "beta1", "beta2", "rho", "eps",
    "decay", "weight_decay", "l1", "l2", "max_norm", "init", "bias_init", "recurrent_init", "label_smoothing",
    "smoothing", "clip_norm", "clip_value", "alpha", "noise",
}
_LENGTH = ("epochs", "max_steps", "max_seconds", "test_at", "early_stop.")


@dataclass(frozen=True)
class Forecast:
    """`seconds` of training that are left; None where nothing is known.

    The jobs come one after another; where some are `packed`, so do the packs, and `alone` are the seconds of the same
    jobs without packs (None where these are not known).
    """

    seconds: float | None
    basis: str
    packed: bool = False
    alone: float | None = None


@dataclass(frozen=True)
class _Known:
    shape: tuple[Any, ...]
    kind: tuple[Any, ...]
    length: tuple[Any, ...]
    seconds: float
    steps: int
    packed: bool = False  # the seconds are a share of what its pack took


def forecast(plan: Plan, states: Sequence[JobState], retry: bool | None = None,
             packed: Container[int] = ()) -> Forecast:
    """The time that the jobs take that are still to be run; those with the numbers in `packed` in packs.

    From finished runs of the same shape (the same configuration but for values that cost no time), else from those of
    the same kind of model on the same data, by their steps.  What was trained in a pack tells the time of packs.
    """
    again = plan.options.get("retry") == "failed" if retry is None else retry
    left = [(job, state) for job, state in zip(plan.jobs, states) if state.is_pending(again)]
    if not left:
        return Forecast(0.0, "")
    known = _known(plan)
    alone = _sum(plan, left, known, ())
    if not any(job.number in packed for job, _ in left):
        return alone
    found = _sum(plan, left, known, packed)
    if found.seconds is None:
        return Forecast(None, "unknown until the first pack has ended", True, alone.seconds)
    return Forecast(found.seconds, found.basis, True, alone.seconds)


def _sum(plan: Plan, left: Sequence[tuple[Job, JobState]], known: Sequence[_Known],
         packed: Container[int]) -> Forecast:
    total, alike = 0.0, 0
    for job, state in left:
        seconds, same = _job(job, [one for one in known if one.packed == (job.number in packed)])
        if seconds is None:
            return Forecast(None, "unknown until the first job ends")
        alike += same
        total += seconds * _rest(plan.run_folder(job), job, state)
    basis = "from runs of the same shape" if alike == len(left) else "by the steps of like runs, roughly"
    return Forecast(total, basis)


def _job(job: Job, known: Sequence[_Known]) -> tuple[float | None, bool]:
    """The seconds of a whole run, and whether runs of its shape tell them."""
    flat = flatten(job.config)
    shape, length = _shape(flat), _length(flat)
    same = [one for one in known if one.shape == shape]
    exact = [one.seconds for one in same if one.length == length]
    if exact:
        return median(exact), True
    kin = [one for one in known if one.kind == _kind(flat)]
    rates = [one.seconds / one.steps for one in same or kin if one.steps]
    return (median(rates) * job.steps, bool(same)) if rates and job.steps else (None, False)


def _known(plan: Plan) -> list[_Known]:
    """What the newest finished runs below the output folder took."""
    paths = [path for path in plan.output_dir.glob("*/*/result.json") if path.parts[-3] != SWEEPS]
    paths += [path for job in plan.jobs if job.folder.count("/") > 1
              and (path := RunFolder(plan.run_folder(job)).result_file).is_file()]
    found = []
    for path in sorted(paths, key=_when, reverse=True)[:MOST]:
        try:
            result = read_json(path)
            if result["status"] in DONE and result["status"] != "diverged" and result["steps"] and result["seconds"]:
                found.append(_Known(_shape(result["config"]), _kind(result["config"]), _length(result["config"]),
                                    result["seconds"], result["steps"], _in_pack(path)))
        except (OSError, ValueError, KeyError, TypeError):  # gone, half gone, or of another version: it tells nothing
            continue
    return found


def _in_pack(result: Path) -> bool:
    """Whether a run, by its result.json, was last trained in a pack."""
    try:
        origin = read_json(RunFolder(result.parent).provenance)
    except FileNotFoundError:
        return False
    return bool(last_place(origin))


def _when(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _shape(flat: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted((key, repr(value)) for key, value in flat.items() if _costs(key) and not _is_length(key)))


def _kind(flat: dict[str, Any]) -> tuple[Any, ...]:
    return (read_file(flat), _features_first(flat),
            *(flat.get(key) for key in ("dataset.kind", "model.kind", "model._target_")))


def _features_first(flat: dict[str, Any]) -> bool:
    """Whether a frozen base sees each row once (`assembly.features`): a step is then a hundredth of one through it."""
    frozen = flat.get("model.freeze") is None and not flat.get("model.unfreeze") and not flat.get("phases")
    return bool(flat.get("model.base") and flat.get("model.weights") != "none" and frozen and not _augmented(flat))


def _augmented(flat: dict[str, Any]) -> bool:
    """Whether the training rows are changed; the defaults of the group `augment` change nothing."""
    name = flat.get("augment.kind")
    if name is None:
        return False
    if not registry.is_known("augment", name):
        return True
    return any(flat.get(f"augment.{field.name}", field.default) != field.default
               for field in fields(registry.find("augment", name)))


def _length(flat: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted((key, repr(value)) for key, value in flat.items() if _is_length(key)))


def _is_length(key: str) -> bool:
    return key.startswith(_LENGTH)


def _costs(key: str) -> bool:
    group, _, member = key.partition(".")
    if group == "schedule" or member.rpartition(".")[2] in _SAME_TIME or key in _SAME_TIME:
        return False
    rule = rules(Root).get(group)
    return group in GROUPS or rule is None or rule.identity


def _rest(folder: Path, job: Job, state: JobState) -> float:
    """The share of a run that is still to be trained."""
    if state.status != "interrupted" or not job.config.get("epochs"):
        return 1.0
    try:
        rows = read(RunFolder(folder).metrics)
    except Damaged:  # the run itself says so when it resumes
        return 1.0
    trained: int = rows[-1]["epoch"] if rows else 0
    return max(0.0, 1.0 - trained / int(job.config["epochs"]))
