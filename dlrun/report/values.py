"""Numbers of a run's result by name, and which of them a task is judged by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dlrun.config.problem import did_you_mean, problem
from dlrun.record.metric import SPLITS, Metrics, metrics_of
from dlrun.registry import UnknownKind, find

RATE = "rows_per_second"
WHOLE = ("seconds", "epochs", "steps", "parameters", "peak_memory", RATE)


def value_of(result: Mapping[str, Any], key: str) -> float | None:
    """A number of a run's result; None where it has none, or one that is not finite.

    ``test/accuracy``, ``val/loss`` (of the kept weights), ``best/val/loss`` (of the best epoch), ``test@20/accuracy``
    (of epoch 20, where `test_at` measured it), ``samples/words_0.5``, or one of seconds, epochs, steps,
    parameters, peak_memory (bytes), rows_per_second.
    """
    split, _, name = key.partition("/")
    if key == RATE:
        found = _rate(result)
    elif not name:
        found = result.get(split) if split in WHOLE else None
    elif split.startswith("test@"):
        found = ((result.get("test_at") or {}).get(split[5:]) or {}).get(name)
    else:
        of_split = result.get(split)
        found = of_split.get(name) if isinstance(of_split, Mapping) else None  # steps/mae is none
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        return None
    return float(found)


def _rate(result: Mapping[str, Any]) -> float | None:
    """Training rows in a second of training time, validation included; None where the rows are not known.

    Of a k-fold run the rows of all folds and of the final fit, whose `epochs` and `rows` differ.
    """
    config, seconds = result.get("config") or {}, result.get("seconds")
    parts = [*(result.get("folds") or [result]), *filter(None, [result.get("final")])]
    trained = [_rows_trained(part, config) for part in parts]
    if not seconds or None in trained:
        return None
    return float(sum(filter(None, trained)) / seconds)


def _rows_trained(result: Mapping[str, Any], config: Mapping[str, Any]) -> int | None:
    steps, rows, batch = result.get("steps"), (result.get("rows") or {}).get("train"), config.get("batch_size")
    if not steps or not rows or not isinstance(batch, int):
        return None
    trained = int(steps * batch * (config.get("optimizer.accumulate") or 1))
    if config.get("steps_per_epoch") is None:  # the last batch of a pass is a smaller one
        trained = min(trained, rows * (result.get("epochs") or 1))
    return trained


def names(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of the numbers that any of the results has, as `value_of` reads them."""
    results = list(results)
    found: dict[str, None] = {}
    for result in results:
        for split in ("test", "val", "train", "train_clean", "best", "samples"):
            found.update(dict.fromkeys(f"{split}/{name}" for name in result.get(split) or {}))
        for epoch, values in (result.get("test_at") or {}).items():
            found.update(dict.fromkeys(f"test@{epoch}/{name}" for name in values))
    found.update(dict.fromkeys(WHOLE))
    return [name for name in found if any(value_of(result, name) is not None for result in results)]


def key_asked_for(metric: str, results: Sequence[Mapping[str, Any]], done: bool) -> str:
    """The key of a measure that a user has named: of a bare name, as ``f1``, that of the test rows, else of others.

    Raises ConfigError for one that no result has, where `done` says that there are results that count.
    """
    known = names(results)
    if "/" not in metric and metric not in known:
        metric = next((f"{split}/{metric}" for split in SPLITS[::-1] if f"{split}/{metric}" in known), metric)
    if done and metric not in known:
        raise problem(f"metric={metric}", f"expected one of {', '.join(known)}{did_you_mean(metric, known)}")
    return metric


def primary_key(task: str, results: Sequence[Mapping[str, Any]]) -> str:
    """The key that a task is judged by: on the test rows, else on the validation rows, else in training.

    What it is called says the result; for older ones, and before there is any, the task of that kind, where it is
    installed.
    """
    stored = (str(result["primary_metric"]) for result in results if "primary_metric" in result)
    primary = next(stored, "") or primary_of(task)
    for split in SPLITS[::-1]:
        here = [name for result in results for name in result.get(split) or {}]
        if here:
            return f"{split}/{next((name for name in (primary, 'loss') if name in here), here[0])}"
    return f"test/{primary or 'loss'}"


def primary_of(task: str) -> str:
    """The metric that an installed task is judged by; empty for others."""
    try:
        return str(find("task", task).primary)
    except (UnknownKind, ImportError):
        return ""


def metrics_of_all(results: Iterable[Mapping[str, Any]]) -> Metrics:
    """The metrics that any of the results describes."""
    known = Metrics()
    for result in results:
        known = known.joined(metrics_of(result))
    return known
