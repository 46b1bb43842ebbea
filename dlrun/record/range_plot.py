"""The picture of a learning-rate range test."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dlrun.record.own_file import replacing
from dlrun.record.palette import FAINT, FIRST, STRONG


def save_range(path: str | os.PathLike[str], rates: Sequence[float], losses: Sequence[float],
               smoothed: Sequence[float], suggestion: float | None, title: str) -> None:
    """The loss against the rate, whose axis is logarithmic; the suggestion as a line."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(rates, losses, color=FAINT, linewidth=1, label="loss of each batch")
    axes.plot(rates, smoothed, color=FIRST, linewidth=1.8, label="smoothed")
    if suggestion is not None:
        axes.axvline(suggestion, color=STRONG, linewidth=1, linestyle="--", label=f"falls fastest: {suggestion:g}")
    low, high = min(smoothed), max(smoothed[0], min(smoothed))
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", title=title,
             ylim=(low - 0.1 * (high - low), high + 0.6 * (high - low)) if high > low else None)
    axes.legend(frameon=False)
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=100)
