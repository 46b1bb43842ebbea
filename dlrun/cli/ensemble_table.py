"""The answer of `dlrun ensemble` as a table: a metric a line, the ensemble beside its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.record.metric import Metric, Metrics
from dlrun.record.terminal import columns, printable

OWN = 3  # metrics of each member that stand beside its name


def lines(data: Mapping[str, Any], names: Sequence[str], known: Metrics) -> list[str]:
    """A metric a line, a member a line with its weight, and what the intervals are over."""
    members, level = data["members"], f"{100 * data['level']:.0f} % interval"
    table = [["", "ensemble", level, "members' mean", "difference", level, "lowest", "highest"]]
    for name, found in data["metrics"].items():
        metric = known.of(name)
        values = [value for member in members if (value := member["metrics"].get(name)) is not None]
        table.append([metric.title + (f" ({metric.unit})" if metric.unit else ""), metric.text(found["value"], 2),
                      _interval(metric, found["interval"]), _text(metric, found["mean"]),
                      _signed(metric, found["difference"]), _interval(metric, found["difference_interval"], True),
                      _text(metric, min(values, default=None)), _text(metric, max(values, default=None))])
    own = [name for name in data["metrics"] if not known.of(name).minor][:OWN] or list(data["metrics"])[:OWN]
    runs = [["", "weight", *(known.of(name).title for name in own), ""]]
    runs += [[str(place), f"{member['weight']:.3f}", *(_text(known.of(key), member["metrics"].get(key)) for key in own),
              printable(name)] for place, (member, name) in enumerate(zip(members, names), start=1)]
    fitted = f", fitted on {data['fitted_on']:,} validation rows" if data["fitted_on"] else ""
    rows = f"{printable(data['data'])}, {data['rows']:,} rows"
    return [f"{len(members)} runs on {rows}; weights {data['weights']}{fitted}", "", *_filled(table), "",
            *columns(runs, right=range(len(own) + 2)), "", *_about(data)]


def _filled(table: Sequence[Sequence[str]]) -> list[str]:
    """A table without the columns in which nothing stands."""
    kept = [place for place in range(len(table[0])) if place == 0 or any(row[place] for row in table[1:])]
    return columns([[row[place] for place in kept] for row in table], right=range(1, len(kept)))


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
