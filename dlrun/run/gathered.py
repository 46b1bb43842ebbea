"""Metrics of all rows' predictions in a result: in `val` and `test`, of each class, and the best threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.metrics._classes import ClassPredictions
from dlrun.metrics._gathered import compute

MATRIX = 100  # classes up to which a result has their matrix
AT_THRESHOLD = ("balanced_accuracy", "precision", "recall", "f1")


def add_gathered(result: dict[str, Any], predictions: Mapping[str, Mapping[str, Any]]) -> None:
    """Add what `predictions` of "val" and "test" (by target, see `metrics._gathered.compute`) say to a result.

    ``test_per_class`` (without test rows ``val_per_class``) has precision, recall, F1 and rows of each class; of
    several targets by their names.  ``test_confusion`` has the rows of each true class (in the same order) by their
    predicted class.  ``threshold`` is that of two classes, by the validation rows.
    """
    for split, found in predictions.items():
        result[split] = {**result.get(split, {}), **compute(found)}
    shown = next((split for split in ("test", "val") if predictions.get(split)), None)
    if shown is None:
        return
    tables = {target: rows.per_class() for target, rows in predictions[shown].items() if hasattr(rows, "per_class")}
    if tables:
        result[f"{shown}_per_class"] = tables.get("", tables)
    one = predictions[shown].get("")
    if isinstance(one, ClassPredictions) and one.present.sum() <= MATRIX:
        result[f"{shown}_confusion"] = one.confusion[one.present][:, one.present].tolist()
    best = threshold((predictions.get("val") or {}).get(""), (predictions.get("test") or {}).get(""))
    if best:
        result["threshold"] = best


def threshold(val: Any, test: Any) -> dict[str, Any]:
    """Above which probability the second of two classes is best taken, by the validation rows; {} for other tasks.

    `value` has the best balanced accuracy there; `val` and `test` are the metrics with it.
    """
    if not isinstance(val, ClassPredictions) or val.probabilities.shape[1] != 2 or not val.rankings:
        return {}
    value = val.rankings[0].threshold()
    if value != value:  # the validation rows are of one class
        return {}
    found: dict[str, Any] = {"value": value, "chosen_by": "val/balanced_accuracy"}
    for split, rows in (("val", val), ("test", test)):
        if rows is not None:
            moved = rows.at(value)
            found[split] = {"accuracy": float((moved.taken == moved.targets).mean()),
                            **compute({"": moved}, AT_THRESHOLD)}
    return found
