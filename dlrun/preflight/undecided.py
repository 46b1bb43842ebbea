"""Values that the data decides: keys that are ``auto``, what becomes of them, and why.

What is decided stands in the resolved configuration, so that it is part of the run's identity and of config.yaml.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dlrun.config.check.rules import measured
from dlrun.config.schema.fields import rules
from dlrun.config.schema.folds import folds_of
from dlrun.config.schema.root import Config, Root
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.preflight.steps import epoch_steps

AUTO = "auto"
STEPS = {"table": 8000, "other": 2000}  # of a whole training, about; a step of pictures or sequences is a dear one
LARGEST = {"table": 256, "other": 128}  # batches
LONGEST = {"table": 400, "other": 200}  # epochs
PATIENCE = "early_stop.patience"


@dataclass(frozen=True)
class Decision:
    """A key that was auto, the value that the data gave it, and the reason in half a sentence."""

    key: str
    value: Any
    reason: str


def decide(config: Config, info: DatasetInfo, rows: int) -> tuple[Config, list[Decision]]:
    """The configuration without auto, and what was decided; `rows` are the training rows (0: not known).

    Batches, epochs and patience follow from the rows: few rows get small batches, so that an epoch is some steps, and
    many epochs, of which early stopping keeps the best.  What is not trained in steps has the defaults.
    """
    plain, data_spec = config.plain or {}, info.data_spec
    trained = not config.model.computed and rows > 0
    kind = "table" if data_spec.input_kind == "table" else "other"
    why = f"{rows:,} training rows" if trained else "the default"
    found: list[Decision] = []
    if plain.get("batch_size") == AUTO:
        size = batch_size(rows, kind) if trained else rules(Root)["batch_size"].default
        found.append(Decision("batch_size", size, why))
        config = dataclasses.replace(config, batch_size=size)
    if plain.get("epochs") == AUTO:
        count = epochs(epoch_steps(config, rows), kind) if trained else rules(Root)["epochs"].default
        found.append(Decision("epochs", count, why))
        config = dataclasses.replace(config, epochs=count)
    if getattr(config.early_stop, "patience", None) == AUTO:
        waits, reason = _patience(config, trained)
        found.append(Decision(PATIENCE, waits, reason))
        stop: Any = config.early_stop
        config = dataclasses.replace(config, early_stop=dataclasses.replace(stop, patience=waits))
    if config.dataset.target_scale == AUTO:
        numbers = data_spec.target_kind == "number" or any(not head.classes for head in data_spec.heads)
        reason = "the target is a number; measures stay in its unit" if numbers else "no number is learned"
        found.append(Decision("dataset.target_scale", "standard" if numbers else "none", reason))
        dataset: Any = config.dataset
        config = dataclasses.replace(config, dataset=dataclasses.replace(dataset, target_scale=found[-1].value))
    if config.dataset.decides_scale and config.dataset.scale == AUTO:
        few = ", ".join(info.heavy[:3]) + (" ..." if len(info.heavy) > 3 else "")
        tails = Decision("dataset.scale", "robust", f"heavy tails in {few}")
        found.append(tails if info.heavy else Decision("dataset.scale", "standard", "the default"))
        own: Any = config.dataset
        config = dataclasses.replace(config, dataset=dataclasses.replace(own, scale=found[-1].value))
    if chosen := config.model.decided(data_spec):
        found += [Decision(f"model.{key}", value, reason) for key, (value, reason) in chosen.items()]
        model: Any = config.model
        config = dataclasses.replace(config, model=dataclasses.replace(
            model, **{key: value for key, (value, _) in chosen.items()}))
    return dataclasses.replace(config, plain=_with(plain, found)), found


def batch_size(rows: int, kind: str = "table") -> int:
    """The power of two nearest to a sixteenth of the rows, 16 to LARGEST."""
    return min(LARGEST[kind], max(16, 1 << round(max(0.0, _log2(rows / 16)))))


def epochs(steps: int, kind: str = "table") -> int:
    """So many epochs of `steps` steps that a training is about STEPS long, 40 to LONGEST."""
    return min(LONGEST[kind], max(40, -(-STEPS[kind] // max(1, steps))))


def _log2(value: float) -> float:
    from math import log2

    return log2(value)


def _patience(config: Config, trained: bool) -> tuple[int | None, str]:
    folds = folds_of(config)
    if config.early_stop.monitor not in measured(config) or (folds is not None and folds.final):
        return None, f"there is no {config.early_stop.monitor} to watch"
    if not trained:
        return None, "the default"
    return max(10, config.epochs // 10), "the best epoch's weights are kept"


def _with(plain: dict[str, Any], found: list[Decision]) -> dict[str, Any]:
    """The plain configuration with what was decided in it."""
    plain = dict(plain)
    for decision in found:
        group, _, key = decision.key.rpartition(".")
        if group:
            plain[group] = {**plain[group], key: decision.value}
        else:
            plain[key] = decision.value
    return plain


def lines(found: Iterable[Decision]) -> list[str]:
    """What was decided, a line for each reason; what stays at its default is not worth one."""
    by_reason: dict[str, list[str]] = {}
    for decision in found:
        if decision.value is not None and decision.reason not in ("the default", "no number is learned"):
            by_reason.setdefault(decision.reason, []).append(f"{decision.key}={decision.value}")
    return [f"{', '.join(keys)}: {reason}" for reason, keys in by_reason.items()]
