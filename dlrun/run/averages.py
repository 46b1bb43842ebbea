"""The result of all folds of a run: means, spreads, the mean curve, and the run's result.json."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.config.check.rules import direction_of, measured
from dlrun.config.flat import flatten
from dlrun.config.identity import run_name
from dlrun.config.schema.folds import FINAL, folds_of
from dlrun.config.schema.root import Config
from dlrun.run.outcome import of_split

_OF_A_FOLD = ("status", "stop_reason", "epochs", "steps", "seconds", "rows", "best", "train", "val", "test",
              "train_clean")
Rows = Sequence[Mapping[str, Any]]


def mean_of(found: Rows) -> dict[str, Any]:
    """The mean of each number that all mappings have; None where one of them is not finite (JSON's null)."""
    return _over(found, statistics.fmean)


def spread_of(found: Rows) -> dict[str, Any]:
    """The standard deviation (n - 1) of each number that all mappings have."""
    return _over(found, statistics.stdev)


def _over(found: Rows, measure: Any) -> dict[str, Any]:
    keys = [key for key in found[0] if all(key in other for other in found)] if found else []
    columns = {key: [other[key] for other in found] for key in keys}
    return {key: None if None in values else measure(values) for key, values in columns.items()}


def mean_curve(curves: Sequence[Rows]) -> list[dict[str, Any]]:
    """The rows of the run's metrics.jsonl: each epoch's mean over the folds, up to the last one that all folds reached.

    `step` and `seconds` are those of all folds together.
    """
    rows = []
    for found in zip(*curves):
        values = [{key: value for key, value in row.items() if "/" in key} for row in found]
        rows.append({"epoch": found[0]["epoch"], "step": sum(row["step"] for row in found),
                     "seconds": round(sum(row["seconds"] for row in found), 6), **mean_of(values)})
    return rows


def best_of(config: Config, curve: Rows) -> dict[str, Any]:
    """The best epoch of the mean curve by the run's monitor; empty where it has none."""
    monitor = config.early_stop.monitor
    rows = [row for row in curve if row["epoch"] >= config.early_stop.start_epoch and row.get(monitor) is not None]
    direction = direction_of(config, monitor, config.early_stop.mode)
    if monitor not in measured(config) or not rows or direction is None:
        return {}
    best = (max if direction == "max" else min)(rows, key=lambda row: row[monitor])
    return {"epoch": best["epoch"], "monitor": monitor,
            **{key: value for key, value in best.items() if key.startswith(("train/", "val/"))}}


def folds_result(config: Config, run_id: str, device: str, label: str, done: Mapping[str, Mapping[str, Any]],
             curve: Rows, whole: bool) -> dict[str, Any]:
    """The result of a k-fold run from those of its folds that are `done`, by name; `status` and `stop_reason` are open.

    Means are there only for a run that is done as a `whole`: `val` and `train` over the folds, with `val_std` and
    `train_std`, their standard deviations (n - 1).  `test` and `test_at` are those of the final fit; without one
    means over the folds' models on the test rows, with `test_std`.
    """
    folds = [result for name, result in done.items() if name != FINAL]
    final = done.get(FINAL)
    everything = list(done.values())
    assert config.plain is not None
    result: dict[str, Any] = {
        "id": run_id, "name": run_name(config), "status": "", "stop_reason": "",
        "epochs": min((result["epochs"] for result in folds), default=0),
        "steps": sum(result["steps"] for result in everything),
        "seconds": round(sum(result["seconds"] for result in everything), 3),
        "parameters": next((result["parameters"] for result in folds), None), "device": device, "data_label": label,
        "config": flatten(config.plain), "rows": folds[0].get("rows", {}) if folds else {},
        "best": best_of(config, curve),
    }
    for split in ("train", "train_clean", "val", "test"):
        metrics = [fold[split] for fold in folds if fold.get(split)]
        if whole and len(metrics) == len(folds):
            result |= {split: mean_of(metrics), f"{split}_std": spread_of(metrics)}
        elif split != "train_clean":
            result[split] = {}
    result["test_at"] = {str(row["epoch"]): of_split(row, "test") for row in curve
                         if any(key.startswith("test/") for key in row)}
    if folds_of(config).final:  # type: ignore[union-attr]
        result |= {key: (final or {}).get(key, {}) for key in ("test", "test_at")}
        result.pop("test_std", None)
    if whole:
        result["baseline"] = _baseline([final] if final else folds)
    result["folds"] = [{"fold": int(name), **_brief(found)} for name, found in done.items() if name != FINAL]
    if final:
        result["final"] = _brief(final)
    return result


def _baseline(results: Rows) -> dict[str, Any]:
    """The baseline of a final fit, or the mean of those of the folds."""
    found = [result.get("baseline") or {} for result in results]
    numbers = [{key: value for key, value in each.items() if not isinstance(value, str)} for each in found]
    return {**found[0], **mean_of(numbers)}


def _brief(result: Mapping[str, Any]) -> dict[str, Any]:
    return {key: result[key] for key in _OF_A_FOLD if key in result}


def sentence(config: Config, done: Mapping[str, Mapping[str, Any]]) -> str:
    """How a k-fold run ended whose folds all came to their end."""
    folds = folds_of(config)
    assert folds is not None
    lengths = [result["epochs"] for name, result in done.items() if name != FINAL]
    times = f"{folds.iterations} times {folds.k}" if folds.iterations > 1 else f"{folds.k}"
    if len(set(lengths)) == 1:
        spans = f"{lengths[0]} {'epoch' if lengths[0] == 1 else 'epochs'}"
    else:
        spans = f"{', '.join(map(str, lengths[:-1]))} and {lengths[-1]} epochs"
    then = f", then all {done[FINAL]['rows']['train']:,} rows" if FINAL in done else ""
    return f"finished {times} folds of {spans}{then} ({sum(result['steps'] for result in done.values()):,} steps)"
