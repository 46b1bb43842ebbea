"""Which measure a table shows, which way is better, and how its numbers are written so that they line up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.config.schema.stopping import smaller_is_better
from dlrun.record.words import is_share, metric_name

_NATURAL = {"next_token": "perplexity", "regress": "mae"}  # the others: accuracy where there is one, else the loss
_WHOLE = ("seconds", "epochs", "steps", "parameters")


def value_of(result: Mapping[str, Any], metric: str) -> float | None:
    """A measure of a run's result; None where it has none, or one that is not finite.

    ``test/accuracy``, ``val/loss`` (of the kept weights), ``best/val/loss`` (of the best epoch), ``test@20/accuracy``
    (of epoch 20, where `test_at` measured it), ``samples/words_0.5``, or one of seconds, epochs, steps, parameters.
    """
    part, _, name = metric.partition("/")
    if not name:
        found = result.get(part) if part in _WHOLE else None
    elif part.startswith("test@"):
        found = ((result.get("test_at") or {}).get(part[5:]) or {}).get(name)
    else:
        found = (result.get(part) or {}).get(name)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        return None
    return float(found)


def names(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """The measures that any of the results has."""
    found: dict[str, None] = {}
    for result in results:
        for part in ("test", "val", "train", "train_clean", "best", "samples"):
            found.update(dict.fromkeys(f"{part}/{name}" for name in result.get(part) or {}))
        for epoch, values in (result.get("test_at") or {}).items():
            found.update(dict.fromkeys(f"test@{epoch}/{name}" for name in values))
        found.update(dict.fromkeys(name for name in _WHOLE if name in result))
    return [name for name in found if any(value_of(result, name) is not None for result in results)]


def natural(task: str, results: Sequence[Mapping[str, Any]]) -> str:
    """The measure that a task is judged by: on the test rows, else on the validation rows, else in training."""
    wanted = [*filter(None, [_NATURAL.get(task)]), "accuracy", "loss"]
    for part in ("test", "val", "train"):
        here = [name for result in results for name in result.get(part) or {}]
        if here:
            return f"{part}/{next((name for name in wanted if name in here), here[0])}"
    first = "accuracy" if task in ("classify", "tag") else wanted[0] if task in _NATURAL else "loss"
    return f"test/{first}"


def better(metric: str, ours: float, theirs: float) -> bool:
    return ours < theirs if smaller_is_better(metric) else ours > theirs


def title(metric: str) -> str:
    """``test accuracy``, ``best val loss``."""
    return metric.replace("/", " ").replace("_", " ")


@dataclass(frozen=True)
class Scale:
    """How one column's numbers are written: accuracies in percent; decimals enough for the narrowest interval."""

    metric: str
    decimals: int

    @property
    def unit(self) -> str:
        return "%" if is_share(self.metric) else "s" if metric_name(self.metric) == "seconds" else ""

    @property
    def head(self) -> str:
        return title(self.metric) + (f", {self.unit}" if self.unit else "")

    def times(self, value: float) -> float:
        """The number as it is shown: percent for a share."""
        return 100 * value if is_share(self.metric) else value

    def number(self, value: float, sign: bool = False) -> str:
        shown = round(self.times(value), self.decimals) + 0.0  # -0.0 becomes 0.0
        return f"{shown:{'+' if sign else ''}.{self.decimals}f}"


def scale(metric: str, values: Sequence[float], halves: Sequence[float]) -> Scale:
    """Percent with two decimals; else two digits of the narrowest interval, three to seven of the largest number."""
    if is_share(metric):
        return Scale(metric, 2)
    if all(value.is_integer() for value in values) and not any(halves):
        return Scale(metric, 0)
    largest = max((abs(value) for value in values), default=1.0) or 1.0
    narrowest = min((half for half in halves if half > 1e-9 * largest), default=None)
    first = math.floor(math.log10(largest))  # the place of the largest number's first digit
    digits = 3 - first if narrowest is None else min(max(2 - first, 1 - math.floor(math.log10(narrowest))), 6 - first)
    return Scale(metric, max(0, digits))
