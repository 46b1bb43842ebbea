"""Which settings make a measure one of something else, or put it on another scale: its numbers are then not compared.
"""

from __future__ import annotations

from collections.abc import Iterable

from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.root import Config
from dlrun.record.metric import Metric
from dlrun.registry import BrokenKind, UnknownKind, find

# What is predicted: the target, and what a text is cut into.
_MEASURED = ("dataset.target", "dataset.targets", "dataset.targets_path", "dataset.y", "dataset.unit")
_SAME_ROWS = ("validation.fitted", "validation.final")  # of folds: what is fitted on which rows, and one more training


def of_something_else(keys: Iterable[str]) -> list[str]:
    """Of the keys in which settings differ those by which they measure different things.

    >>> of_something_else(["dataset.unit", "model.kind", "dataset.targets_path.train"])
    ['dataset.targets_path.train', 'dataset.unit']
    """
    return sorted(key for key in keys if any(f"{key}.".startswith(f"{one}.") for one in _MEASURED))


def of_other_losses(metric: Metric, keys: Iterable[str]) -> list[str]:
    """Of the keys in which settings differ those by which they minimise different losses, where that is the measure."""
    if metric.name != "loss":
        return []
    return sorted(key for key in keys if key.startswith("task.") and key != "task.metrics")


def of_other_scales(metric: Metric, keys: Iterable[str], task: str) -> list[str]:
    """Of the keys in which settings differ those by which what a network learns is scaled otherwise, and the measure
    with it; `task` is the kind of theirs.

    A measure that people can judge is in the unit of the target.  Targets that are numbers are scaled by one key,
    inputs that are the targets by another.
    """
    if metric.plain and not metric.name.endswith("_scaled"):
        return []
    try:
        accepts = find("task", task).accepts
    except (UnknownKind, BrokenKind, ImportError):  # no longer installed
        return []
    if not accepts:
        return [key for key in keys if key == "dataset.scale"]
    return [key for key in keys if key == "dataset.target_scale" and {"number", "several"} & {*accepts}]


def of_other_rows(key: str, keys: Iterable[str], config: Config | None = None) -> list[str]:
    """Of the keys in which settings differ those by which other rows are validated on, where the measure `key` is of
    these; of data that come with validation rows of their own they choose none.

    Where these are the first so many rows of the training data, as `config` has them, its size does not matter.

    >>> of_other_rows("best/val/loss", ["train_size", "validation.k", "validation.final", "batch_size"])
    ['train_size', 'validation.k']
    """
    if "val" not in key.split("/"):
        return []
    size = () if config is not None and _are_the_first(config) else ("train_size",)
    return sorted(key for key in keys if key in size or key.partition(".")[0] == "validation" and key not in _SAME_ROWS)


def _are_the_first(config: Config) -> bool:
    """Whether the validation rows are a number of rows from the start, whatever classes and groups they are of."""
    data, rows = config.dataset, config.validation
    by_class = data.stratifies and data.stratify and not data.order
    return isinstance(rows, Holdout) and rows.take == "start" and rows.size >= 1 and not by_class and not getattr(
        data, "group", "")
