"""From the names of ``task.metrics`` to metrics that see batches: the registry's first, then those of torchmetrics."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from dlrun.config.problem import did_you_mean
from dlrun.metrics import _gathered, _torchmetrics
from dlrun.metrics._protocol import RunMetric
from dlrun.record.metric import Metric
from dlrun.registry import UnknownKind, find
from dlrun.registry import names as registered
from dlrun.registry.index import files


def described(name: str, kind: str) -> Metric:
    """What is known of a metric by name without torch.

    `kind` says what it is to see: classes, labels or numbers.  Raises ValueError with the reason where there is none.
    """
    made = _registered(name)
    if made is not None:
        doc = (inspect.getdoc(made) or "").partition("\n")[0]
        direction = getattr(made, "direction", None)
        if direction not in ("min", "max", None):
            raise ValueError(f"its direction is {direction!r}; expected min, max or None")
        return Metric(name, str(getattr(made, "label", "")), str(getattr(made, "unit", "")), direction,
                      bool(getattr(made, "share", False)), doc)
    if not _torchmetrics.installed():
        near = did_you_mean(name, _known(kind))
        raise ValueError(f"no metric of dlrun or of an allowed module has this name{near}; {_torchmetrics.INSTALL}")
    if reason := _torchmetrics.problem_of(name, kind):
        raise ValueError(reason)
    try:
        return _torchmetrics.describe(name, kind)
    except KeyError:
        known = list(dict.fromkeys([*_known(kind), *_torchmetrics.names(kind)]))
        hint = did_you_mean(name, known) or f"; there are {', '.join(known)}"
        raise ValueError(f"no metric for {kind} has this name{hint}") from None


def _known(kind: str) -> list[str]:
    """The names of dlrun's own metrics of a kind, and of those that were registered."""
    return [*_gathered.names(kind), *(name for name in registered("metric") if name not in files("metric"))]


def build(names: Sequence[str], kind: str, count: int, device: Any) -> dict[str, RunMetric]:
    """The metrics, ready to be reset, by name; `count` classes or labels (1 for numbers)."""
    made: dict[str, RunMetric] = {}
    for name in names:
        own = _registered(name)
        made[name] = _torchmetrics.TorchMetric(name, kind, count, device) if own is None else own()
    return made


def _registered(name: str) -> Any:
    """The class that is registered under a name, also by a module that is allowed; None where there is none.

    Those of dlrun's own are of all rows at once (`_gathered`), and none that batches can be handed to.
    """
    if name in files("metric"):
        return None
    try:
        return find("metric", name)
    except UnknownKind:
        return None
