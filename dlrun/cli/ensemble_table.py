"""The answer of `dlrun ensemble` as a table: a metric a line, the ensemble beside its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.record.metric import Metric, Metrics
from dlrun.record.terminal import columns, printable

COLUMNS = 6  # members that have a column each; of more the lowest and highest


def lines(data: Mapping[str, Any], names: Sequence[str], known: Metrics) -> list[str]:
    """The table, what its intervals are over, and which runs the members are, with their weights."""
    members = data["members"]
    each = len(members) <= COLUMNS
    level = f"{100 * data['level']:.0f} % interval"
    table = [["", "ensemble", level, "members' mean", "difference", level,
              *([str(place) for place in range(1, len(members) + 1)] if each else ["lowest", "highest"])]]
    for name, found in data["metrics"].items():
        metric = known.of(name)
        values = [member["metrics"].get(name) for member in members]
        there = [value for value in values if value is not None]
        shown = values if each else [min(there, default=None), max(there, default=None)]
        table.append([metric.title + (f" ({metric.unit})" if metric.unit else ""), metric.text(found["value"], 2),
                      _interval(metric, found["interval"]), _text(metric, found["mean"]),
                      _signed(metric, found["difference"]), _interval(metric, found["difference_interval"], True),
                      *(_text(metric, value) for value in shown)])
    width = len(table[0])
    kept = [place for place in range(width) if place == 0 or any(row[place] for row in table[1:])]
    table = [[row[place] for place in kept] for row in table]
    runs = [[f"{place}", f"weight {member['weight']:.3f}", printable(name)]
            for place, (member, name) in enumerate(zip(members, names), start=1)]
    fitted = f", fitted on {data['fitted_on']:,} validation rows" if data["fitted_on"] else ""
    rows = f"{printable(data['data'])}, {data['rows']:,} rows"
    return [f"{len(members)} runs on {rows}; weights {data['weights']}{fitted}", "",
            *columns(table, right=range(1, len(kept))), "", *columns(runs, right=(0,)), "", *_about(data)]


def _about(data: Mapping[str, Any]) -> list[str]:
    found = data["metrics"].values()
    written = [f"written to {printable(data['file'])}"] if data["file"] else []
    if not any(one["interval"] for one in found):
        return written
    units = f"{data['units']:,} {data['over']}" if data["over"] != "rows" else f"{data['rows']:,} rows"
    said = [f"intervals are over rows, not over seeds: bootstrap of {printable(units)}; those of differences draw the "
            "same rows for all"]
    if any(one["interval"] and not one["difference_interval"] for one in found):
        said.append("metrics=[f1,roc_auc] has the intervals of other differences too; they take some time")
    return said + written


def _text(metric: Metric, value: float | None) -> str:
    return "" if value is None else metric.text(value, 2)


def _signed(metric: Metric, value: float | None) -> str:
    return "" if value is None else ("+" if value >= 0 else "") + _text(metric, value)


def _interval(metric: Metric, interval: Sequence[float] | None, signed: bool = False) -> str:
    if interval is None:
        return ""
    low, high = (_signed(metric, value) if signed else _text(metric, value) for value in interval)
    return f"{low.removesuffix(' %')} to {high.removesuffix(' %')}"
