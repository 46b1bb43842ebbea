"""Plots of results: forecasts, and what an autoencoder's code looks like."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.record.own_file import replacing
from dlrun.record.palette import FIRST, MUTED, PALE_FIRST, PALE_SECOND, STRONG, class_colours


def save_forecast(path: str | os.PathLike[str], true: Any, predicted: Any, name: str, unit: str) -> None:
    """A forecast along time: true and predicted numbers of consecutive rows."""
    import numpy as np
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(np.asarray(true), color=MUTED, linewidth=1.2, label="true")
    axes.plot(np.asarray(predicted), color=FIRST, linewidth=1.2, label="predicted")
    axes.set(xlabel="test rows in time", ylabel=f"{name} ({unit})" if unit else name)
    axes.legend(frameon=False)
    _save(figure, path)


def save_labels(path: str | os.PathLike[str], labels: Mapping[str, Mapping[str, float]]) -> None:
    """Precision, recall and F1 of each label as bars, the labels by their F1; each with its count of rows."""
    from matplotlib.figure import Figure

    order = sorted(labels, key=lambda label: labels[label]["f1"])
    figure = Figure(figsize=(7, 1.2 + 0.5 * len(order)), layout="constrained")
    axes = figure.add_subplot()
    for shift, (name, colour) in zip((0.27, 0.0, -0.27), (("precision", PALE_FIRST), ("recall", PALE_SECOND),
                                                         ("f1", FIRST))):
        axes.barh([place + shift for place in range(len(order))], [labels[label][name] for label in order], 0.25,
                  color=colour, label="F1" if name == "f1" else name)
    axes.set_yticks(range(len(order)), [f"{label} ({labels[label]['rows']:,})" for label in order])
    axes.set(xlim=(0, 1), xlabel="share", ylabel="label (rows that have it)")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    _save(figure, path)


def save_codes(path: str | os.PathLike[str], codes: Any, labels: Any = None, classes: Sequence[str] = (),
               names: tuple[str, str] = ("code 1", "code 2"), title: str = "") -> None:
    """Two numbers of each code, (rows, 2), called by `names`, coloured by class where there are classes."""
    import numpy as np
    from matplotlib.figure import Figure

    codes = np.asarray(codes, float)
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.add_subplot()
    if labels is None or not classes:
        axes.scatter(codes[:, 0], codes[:, 1], s=8, alpha=0.6, edgecolors="none")
    else:
        colours = class_colours(len(classes))
        for number, name in enumerate(classes[:20]):
            rows = np.asarray(labels) == number
            axes.scatter(codes[rows, 0], codes[rows, 1], s=8, alpha=0.7, edgecolors="none",
                         color=colours[number], label=name)
        axes.legend(frameon=False, markerscale=2, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set(xlabel=names[0], ylabel=names[1])
    axes.set_title(title or f"codes of {len(codes):,} rows")
    _save(figure, path)


def save_regions(path: str | os.PathLike[str], taken: Any, span: tuple[float, float, float, float], points: Any,
                 labels: Any, classes: Sequence[str], names: Sequence[str]) -> None:
    """The class of each point of a plane, (rows from below, columns), and points (rows, 2) in colours of their own.

    `span` is where the plane lies: left, right, bottom, top; `names` are those of its axes.
    """
    import numpy as np
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    taken, points, labels = np.asarray(taken), np.asarray(points), np.asarray(labels)
    own = class_colours(len(classes))
    pale = ListedColormap([tuple(1 - 0.35 * (1 - part) for part in colour) for colour in own])
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(taken, cmap=pale, vmin=-0.5, vmax=len(classes) - 0.5, origin="lower", extent=span, aspect="auto",
                interpolation="nearest")
    for number, name in enumerate(classes[:20]):
        rows = labels == number
        axes.scatter(points[rows, 0], points[rows, 1], s=16, edgecolors="white", linewidths=0.4, color=own[number],
                     label=name)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set(xlabel=names[0], ylabel=names[1], xlim=span[:2], ylim=span[2:])
    axes.set_title(f"predicted class of each point, and {len(points):,} training rows")
    _save(figure, path)


def save_series(path: str | os.PathLike[str], true: Any, back: Any, names: Sequence[str] = ()) -> None:
    """Series, (rows, features, length), and what came back of them: a panel each, of the first 3 features."""
    import numpy as np
    from matplotlib.figure import Figure

    true, back = np.asarray(true), np.asarray(back)
    columns = min(3, len(true))
    figure = Figure(figsize=(4 * columns, 2.4 * -(-len(true) // columns) + 0.5), layout="constrained")
    panels = figure.subplots(-(-len(true) // columns), columns, squeeze=False).ravel()
    for axes in panels[len(true):]:
        axes.set_axis_off()
    shown = min(3, true.shape[1])
    for axes, row, returned in zip(panels, true, back):
        for feature in range(shown):
            name = names[feature] if feature < len(names) else f"feature {feature + 1}"
            line, = axes.plot(row[feature], linewidth=1.2, alpha=0.45, label=name)
            axes.plot(returned[feature], linewidth=1.2, linestyle="--", color=line.get_color())
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=shown, frameon=False)
    figure.supxlabel("steps (scaled values; dashed: reconstruction)", fontsize=10)
    _save(figure, path)


def save_histogram(path: str | os.PathLike[str], values: Any, name: str, span: tuple[float, float]) -> None:
    """How often values, (rows,), fall into each of 40 parts of a span; their median is drawn."""
    import numpy as np
    from matplotlib.figure import Figure

    values = np.asarray(values, float)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.hist(values, bins=40, range=span, color=FIRST, alpha=0.8)
    axes.axvline(float(np.median(values)), color=STRONG, linewidth=1)
    axes.set(xlabel=name, ylabel="rows", xlim=span)
    axes.set_title(f"median {np.median(values):.3f} of {len(values):,} rows")
    _save(figure, path)


def save_interpolation(path: str | os.PathLike[str], losses: Sequence[tuple[float, float]]) -> None:
    """The loss by alpha, 0 at the trained weights and 1 at random ones; logarithmic, as it spans many powers of ten."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(*zip(*losses), color=FIRST, linewidth=1, marker="o", markersize=3)
    for alpha, name in ((0, "trained"), (1, "random")):
        axes.axvline(alpha, color=MUTED, linewidth=1, zorder=0)
        axes.annotate(name, (alpha, 1), xycoords=("data", "axes fraction"), xytext=(4, -12), textcoords="offset points")
    values = [loss for _, loss in losses]
    if min(values) > 0 and max(values) > 10 * min(values):
        axes.set_yscale("log")
    axes.set(xlabel="alpha, the share of random weights", ylabel="loss")
    _save(figure, path)


def _save(figure: Any, path: str | os.PathLike[str]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=100, pil_kwargs={"compress_level": 3})
