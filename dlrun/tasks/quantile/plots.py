"""Quantile regression: the interval of each row along its true number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dlrun.record.own_file import replacing
from dlrun.record.palette import FIRST, MUTED
from dlrun.tasks._base.plots import Plots
from dlrun.tasks._base.view import View
from dlrun.tasks._plots.inputs import first_batch

ROWS = 300  # that are drawn, evenly spaced by their true numbers


def intervals(view: View) -> None:
    """The predicted interval of each row over its true number: the diagonal passes through those that hold it."""
    (target,) = view.prepared.targets
    outputs, y = view.outputs
    order = np.argsort(y.numpy(), kind="stable")
    rows = order[np.unique(np.linspace(0, len(order) - 1, min(ROWS, len(order))).round().astype(int))]
    true, predicted = target.in_unit(y.numpy()[rows]), target.in_unit(outputs.sort(1).values.numpy()[rows])
    name = target.name or "target"
    view.save("intervals", lambda path: draw(path, true, predicted, f"{name} ({target.unit})" if target.unit else name))


def draw(path: Path, true: Any, predicted: Any, label: str) -> None:
    """Intervals from the first to the last of the `predicted` quantiles (rows, quantiles) over `true` (rows,)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot()
    low, high = predicted[:, 0], predicted[:, -1]
    axes.vlines(true, low, high, color=FIRST, alpha=0.35, linewidth=1.5)
    if predicted.shape[1] % 2:
        axes.plot(true, predicted[:, predicted.shape[1] // 2], "o", color=FIRST, markersize=2.5)
    axes.plot([true.min(), true.max()], [true.min(), true.max()], color=MUTED, linewidth=1)
    held = np.mean((low <= true) & (true <= high))
    axes.set(xlabel=f"true {label}", ylabel=f"predicted {label}",
             title=f"{100 * held:.1f} % of {len(true):,} rows lie in their interval")
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=100, pil_kwargs={"compress_level": 3})


PLOTS = Plots(start=(first_batch,), end=(intervals,), outputs=True)
