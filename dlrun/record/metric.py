"""What a metric is: its name, how it is written, and which way it gets better.  Nobody guesses these from the name."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from dlrun.registry import BrokenKind, UnknownKind, find, kinds

Direction = Literal["min", "max"]
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Metric:
    """A number that runs measure, ``name`` behind ``train/``, ``val/`` or ``test/``.

    `label` is its name in text (`name`, where it is empty), `short` the head of its column on the
    console.  `direction` says whether it gets better by falling (``min``) or rising (``max``); None: neither is
    better.  A `share` is a fraction that is written in percent.  A `plain` one has a size that people can judge (an
    accuracy, an error); a loss has none.  `instead_of` names the metric that it says in a better unit.  A `minor` one
    is stored, and left out of sentences.
    """

    name: str
    label: str = ""
    unit: str = ""
    direction: Direction | None = None
    share: bool = False
    doc: str = ""
    short: str = ""
    plain: bool = True
    instead_of: str = ""
    minor: bool = False

    @property
    def title(self) -> str:
        """The label, or the name with blanks."""
        return self.label or self.name.replace("_", " ")

    @property
    def head(self) -> str:
        """What stands above its column: the short label where it has one."""
        return self.short or self.title

    def better(self, ours: float, theirs: float) -> bool:
        """Whether `ours` is better than `theirs`; never, where the metric has no direction."""
        return ours < theirs if self.direction == "min" else ours > theirs if self.direction == "max" else False

    def text(self, value: float | None, decimals: int = 1) -> str:
        """A value as people read it: shares in percent with `decimals`, counts whole, else four digits or more.

        >>> accuracy, loss = Metric("accuracy", share=True), Metric("loss")
        >>> accuracy.text(0.98765), loss.text(0.0512949), loss.text(3.2e-7), loss.text(7)
        ('98.8 %', '0.0513', '3.200e-07', '7')
        """
        if value is None or not math.isfinite(value):
            return "nan" if value is None else str(float(value))
        if self.share:
            return f"{100 * value:.{decimals}f} %"
        if isinstance(value, int):
            return str(value)
        size = abs(value)
        if size and (size < 1e-3 or size >= 1e6):
            return f"{value:.3e}"
        if size >= 1000:
            return f"{value:.1f}"
        return f"{value:.2f}" if size >= 100 else f"{value:.4f}"

    def stored(self) -> dict[str, Any]:
        """What result.json says of it, beside its name: label, unit, direction, share, and what else is unusual."""
        always = {"label": self.title, "unit": self.unit, "direction": self.direction, "share": self.share}
        more = {"plain": self.plain, "instead_of": self.instead_of, "minor": self.minor}
        return always | {key: value for key, value in more.items() if value != getattr(Metric, key)}


class Metrics:
    """The metrics of a run, or of several, by name.

    One that is not among them is asked of the tasks that are installed (of the task `kind` first): folders that were
    written before result.json described its metrics say only names.
    """

    def __init__(self, known: Iterable[Metric] = (), kind: str = ""):
        self._known = {metric.name: metric for metric in known}
        self._kind = kind

    def of(self, key: str) -> Metric:
        """The metric of a key such as ``val/accuracy`` or ``accuracy``; without a direction where nobody knows it."""
        name = key.rpartition("/")[2]
        if name not in self._known:
            self._known[name] = _described_by_task(name, self._kind)
        return self._known[name]

    def text(self, key: str, value: float | None, decimals: int = 1) -> str:
        """A value of `key` as people read it; see `Metric.text`."""
        return self.of(key).text(value, decimals)

    def sentence(self, values: Mapping[str, Any], decimals: int = 2) -> str:
        """Several in a sentence: ``loss 0.0291 · accuracy 99.07 %``; what is minor, or no number, is left out."""
        numbers = {key: value for key, value in values.items()
                   if (isinstance(value, (int, float)) or value is None) and not self.of(key).minor}
        return " · ".join(f"{self.of(key).title} {self.text(key, value, decimals)}" for key, value in numbers.items())

    def joined(self, other: Metrics) -> Metrics:
        """Those of both; where they differ ours count."""
        return Metrics([*other._known.values(), *self._known.values()], self._kind or other._kind)

    def stored(self) -> dict[str, dict[str, Any]]:
        """The entry ``metrics`` of result.json."""
        return {name: metric.stored() for name, metric in self._known.items()}


def metrics_of(result: Mapping[str, Any]) -> Metrics:
    """The metrics that a result.json describes; those of its task, where it is older than such descriptions."""
    fields = {field.name for field in dataclasses.fields(Metric)}
    found = [Metric(name, **{key: value for key, value in about.items() if key in fields})
             for name, about in (result.get("metrics") or {}).items()]
    return Metrics(found, str((result.get("config") or {}).get("task.kind", "")))


class _Task(Protocol):
    """What is asked of a task here."""

    def metric_named(self, name: str) -> Metric | None: ...


def _described_by_task(name: str, kind: str) -> Metric:
    """What a task of dlrun (or of an installed package) says of a metric's name."""
    own: list[_Task]
    try:
        own = [find("task", kind)] if kind else []
    except (UnknownKind, BrokenKind):
        own = []
    for task in own:
        if (metric := task.metric_named(name)) is not None:
            return metric
    known: dict[str, _Task] = kinds("task")
    for task in known.values():
        if (metric := task.metric_named(name)) is not None:
            return metric
    return Metric(name)
