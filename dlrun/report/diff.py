"""Two runs side by side: settings, code, data, environment, metrics; what is equal is summed up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dlrun.config.schema.quoting import show
from dlrun.config.settings import settings
from dlrun.record.metric import Metrics
from dlrun.report.curves import history
from dlrun.report.footnotes import code_of
from dlrun.report.run import Run
from dlrun.report.values import RATE, metrics_of_all, names, value_of


@dataclass(frozen=True)
class Section:
    """One heading: the rows that differ (key, left, right, difference), or what is equal; `notes` are sentences."""

    name: str
    rows: tuple[tuple[str, str, str, str], ...] = ()
    equal: str = ""
    notes: tuple[str, ...] = ()


def diff(left: Run, right: Run) -> Iterator[Section]:
    """What differs between two runs, heading by heading."""
    counting = [settings(run.config) | {"seed": run.seed} for run in (left, right)]
    yield _config("settings", *counting)
    yield _config("keys without a part in the result", *(
        {key: value for key, value in run.config.items() if key not in own}
        for run, own in zip((left, right), counting)))
    yield _plain("code", *({place: code_of(state) for place, state in (run.provenance.get("code") or {}).items()}
                           for run in (left, right)))
    yield _plain("data", *(_data(run) for run in (left, right)))
    yield _plain("environment", *(_environment(run) for run in (left, right)))
    yield _measures(left, right)


def _config(name: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> Section:
    both = [key for key in left if key in right]
    rows = tuple((key, show(left[key]), show(right[key]), "") for key in both if show(left[key]) != show(right[key]))
    notes = [f"only in {side}: {' '.join(f'{key}={show(value)}' for key, value in own.items() if key not in other)}"
             for side, own, other in (("the first", left, right), ("the second", right, left)) if own.keys() - other]
    return Section(name, rows, "" if rows or notes else f"{len(both)} keys", tuple(notes))


def _plain(name: str, left: Mapping[str, str], right: Mapping[str, str]) -> Section:
    keys = list(dict.fromkeys([*left, *right]))
    rows = tuple((key, left.get(key, ""), right.get(key, ""), "") for key in keys if left.get(key) != right.get(key))
    return Section(name, rows, "" if rows else ", ".join(filter(None, left.values())) or "unknown of both")


def _data(run: Run) -> dict[str, str]:
    rows = run.result.get("rows") or {}
    data = run.provenance.get("data") or {}
    return {"hash": str(data.get("hash", ""))[:16], "label": str(data.get("label") or ""),
            "rows": " / ".join(f"{rows[split]:,} {split}" for split in ("train", "val", "test") if split in rows)}


def _environment(run: Run) -> dict[str, str]:
    about = run.provenance
    found = {name: f"{name} {version}" for name, version in (about.get("versions") or {}).items()}
    for key in ("device", "hardware", "threads", "speed_path", "platform", "host"):
        if about.get(key) not in (None, ""):
            found[key] = f"{about[key]} threads" if key == "threads" else str(about[key])
    return found


def _measures(left: Run, right: Run) -> Section:
    rows = []
    metrics = metrics_of_all([left.result, right.result])
    for name in names([left.result, right.result]):
        if name.startswith("best/train/lr") or name == RATE:  # seconds and steps say the rate already
            continue
        ours, theirs = value_of(left.result, name), value_of(right.result, name)
        if ours != theirs:
            change = _change(name, theirs - ours, metrics) if ours is not None and theirs is not None else ""
            rows.append((name, _said(name, ours, metrics), _said(name, theirs, metrics), change))
    if left.status != right.status or not (left.counted and right.counted):
        rows.insert(0, ("status", left.say(), right.say(), ""))
    return Section("metrics", tuple(rows), "" if rows else "all, bit for bit", (_epochs(left, right),))


def _said(name: str, value: float | None, metrics: Metrics) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value.is_integer() and "/" not in name else metrics.text(name, value, 2)


def _change(name: str, change: float, metrics: Metrics) -> str:
    if metrics.of(name).share:
        return f"{100 * change:+.2f} points"
    return f"{change:+,.0f}" if "/" not in name and change.is_integer() else f"{change:+.4g}"


def _epochs(left: Run, right: Run) -> str:
    """From which epoch on the recorded metrics differ, times aside."""
    ours, theirs = ([{key: value for key, value in row.items() if "seconds" not in key} for row in history(run.folder)]
                    for run in (left, right))
    common = min(len(ours), len(theirs))
    if not common:
        return "no epochs to compare"
    first = next((ours[i]["epoch"] for i in range(common) if ours[i] != theirs[i]), None)
    if first is None:
        return f"the metrics of {common} epochs are equal, bit for bit"
    return f"the metrics differ from epoch {first} on"
