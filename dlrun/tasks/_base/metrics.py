"""Metrics that several tasks measure."""

from typing import Any

from dlrun.record.metric import Metric

LOSS = Metric("loss", direction="min", plain=False, doc="What training minimises.")
ACCURACY = Metric("accuracy", direction="max", share=True, short="acc", doc="The share of rows that are right.")
MSE = Metric("mse", direction="min", plain=False, doc="Mean squared error.")
MAE = Metric("mae", direction="min", doc="Mean absolute error, in the unit of the target.")
MAE_SCALED = Metric("mae_scaled", direction="min", minor=True,
                    doc="Mean absolute error of the target as it was scaled for training; where it was.")
MAE_IN_UNITS = Metric("mae_in_units", direction="min", minor=True,
                      doc="The same as mae, where the target was scaled: its name when mae was of the scaled one.")


def in_units(metrics: dict[str, float], name: str, factor: float) -> dict[str, float]:
    """Metrics whose `name` is of a target that was multiplied by `factor`, with what it is in the target's unit.

    ``mae`` is in the unit, as ``mae_in_units`` is; ``mae_scaled`` is what it was.
    """
    if factor == 1.0 or name not in metrics:
        return metrics
    own = metrics[name] / factor
    return {**metrics, name: own, f"{name}_scaled": metrics[name], f"{name}_in_units": own}


def watches_scaled(config: Any) -> bool:
    """Whether a run watches an absolute error of a scaled target: `min_delta` and `target` are in its unit now."""
    monitors = (config.early_stop.monitor, config.schedule.watched or "")
    return config.dataset.target_scale != "none" and any(monitor.endswith("mae") for monitor in monitors)
