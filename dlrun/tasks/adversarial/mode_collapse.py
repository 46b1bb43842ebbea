"""Whether a generator has collapsed, read from the rows of metrics.jsonl alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ALIKE = 0.5  # more duplicates than this among the samples
SURE = 0.5  # of samples that show one class clearly, from which a lack of classes is meant, not a lack of form
LOOKS = 3  # epochs in a row, the last ones: a young generator's samples are always alike


def mode_collapse(rows: Sequence[Mapping[str, Any]], classes: int) -> str | None:
    """The sentence of a run whose generator has collapsed; None for one that has not, or is no GAN.

    It has where in the last epochs (3 or more) over half of the samples are duplicates (`GanSampleMetrics`), or where
    over half show a class clearly and all these are of few classes: a fifth of the data's `classes`, at least one.
    """
    found = {
        "more than half of the generator's samples are duplicates": _since(
            rows, lambda row: row["samples/duplicates"] > ALIKE),
        f"the generator's samples are of {_few(classes)} of {classes} classes": _since(
            rows, lambda row: row.get("samples/sure", 0) > SURE and row["samples/classes"] <= _few(classes)),
    }
    return next((f"collapsed: since epoch {since} {what}" for what, since in found.items() if since), None)


def _few(classes: int) -> int:
    return max(1, classes // 5)


def _since(rows: Sequence[Mapping[str, Any]], bad: Any) -> int | None:
    """The first epoch of the last unbroken stretch of bad ones that reaches to the end; None for a short stretch."""
    length = 0
    for row in reversed(rows):
        if "samples/duplicates" not in row or not bad(row):
            break
        length += 1
    return rows[-length]["epoch"] if length >= LOOKS else None
