"""What earlier versions wrote in results and rows of metrics.jsonl, as this one names it."""

from __future__ import annotations

from typing import Any

UNITS = b"mae_in_units"  # only where a file has this it may be of an earlier version


def mae_in_units(values: dict[str, Any]) -> dict[str, Any]:
    """Metrics by name, where ``mae`` may be that of a scaled target: then ``mae_in_units`` beside it is the one meant.

    >>> mae_in_units({"val/mae": 0.3, "val/mae_in_units": 2.6})
    {'val/mae': 2.6, 'val/mae_in_units': 2.6, 'val/mae_scaled': 0.3}
    """
    found = dict(values)
    for key in values:
        name = key.removesuffix("_in_units")
        if key.endswith(UNITS.decode()) and f"{name}_scaled" not in values and name in values:
            found |= {f"{name}_scaled": values[name], name: values[key]}
    return found


def result_in_units(result: dict[str, Any]) -> dict[str, Any]:
    """A result.json in which every mapping of metrics is `mae_in_units`."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return mae_in_units({key: walk(inner) for key, inner in value.items()})
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    kept = ("config", "metrics")  # these have names of metrics as keys too, and no values of them
    return {key: value if key in kept else walk(value) for key, value in result.items()}
