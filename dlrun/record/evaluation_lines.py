"""An evaluation as lines of text: metric, value, interval, and what the interval is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.record.metric import Metric, metrics_of
from dlrun.record.terminal import columns, printable

_AGAIN = "_in_units"


def evaluation_lines(row: Mapping[str, Any], result: Mapping[str, Any], name: str) -> list[str]:
    """The table of a row of evaluations.jsonl; `result` is that of the run, which knows its metrics."""
    known = metrics_of(result)
    heading = f"{row['level']:.0%} interval".replace("%", " %")
    table = [["", "value", heading]]
    for key, found in shown(row["metrics"]).items():
        metric = known.of(key)
        table.append([metric.title + (f" ({metric.unit})" if metric.unit else ""), metric.text(found["value"]),
                      f"{_bound(metric, found['low'])} to {_bound(metric, found['high'])}" if "low" in found else ""])
    if not any(cells[2] for cells in table[1:]):
        table = [cells[:2] for cells in table]
    head = f"{printable(name)} on {printable(row['data'])}, {row['rows']:,} rows"
    below = [over_line(row), scaled_line(row["metrics"]), seen_line(row) if row.get("trained_on") else ""]
    return [head, "", *columns(table, right=(1,)), "", *filter(None, below)]


def shown(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics of a row without those that say another one again: ``mae_in_units`` is ``mae`` today."""
    return {key: found for key, found in metrics.items()
            if not key.endswith(_AGAIN) or metrics.get(key.removesuffix(_AGAIN)) != found}


def scaled_line(metrics: Mapping[str, Any]) -> str:
    """Which metrics are not in the unit of the target, where it was scaled; else empty."""
    return ("loss and mse are of the target as it was scaled for training, the other errors in its unit"
            if {"mse", "mae_scaled"} <= metrics.keys() else "")


def seen_line(row: Mapping[str, Any]) -> str:
    """That rows of this evaluation were trained on."""
    return (f"{printable(row['data'])} is what the run was trained on: these numbers say little of new rows; without "
            "it the run's own test rows are measured")


def over_line(row: Mapping[str, Any]) -> str:
    """What the intervals of a row are over, in a sentence."""
    if not any("low" in found for found in row["metrics"].values()):
        return "no intervals: " + (f"there is one unit of {row['over']}" if row["resamples"] else "resamples=0")
    drawn = f"{row['units']:,} {row['over']}" if row["over"] != "rows" else f"{row['rows']:,} rows"
    return (f"intervals are over rows, not over seeds: bootstrap, {row['resamples']:,} times {printable(drawn)} drawn "
            "anew")


def _bound(metric: Metric, value: float) -> str:
    return metric.text(value).removesuffix(" %") if metric.share else metric.text(value)
