"""Predicted against true numbers, and a metric over the epochs of several folds, as PNG files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from dlrun.record.axis_scale import AxisScale, scale_of, wide
from dlrun.record.palette import FIRST, FOLD, GUIDE
from dlrun.record.plane import Plane


def save_predictions(path: str | os.PathLike[str], true: Any, predicted: Any, name: str, unit: str) -> None:
    """Predicted against true numbers, (rows,) each, with the line on which they would be equal."""
    import numpy as np

    true, predicted = np.asarray(true, float), np.asarray(predicted, float)
    low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
    axis = scale_of((low, high), 0, 1, margin=0.02)
    plane = Plane(axis, axis, 420, 420)
    plane.line((low, high), (low, high), GUIDE)
    plane.dots(true, predicted, FIRST, 0.6)
    label = f"{name} ({unit})" if unit else name
    plane.write(path, f"mean absolute error {np.abs(true - predicted).mean():.4g}{' ' + unit if unit else ''}, "
                      f"{len(true):,} rows", f"true {label}", f"predicted {label}")


def save_folds(path: str | os.PathLike[str], curves: Sequence[Sequence[float]], mean: Sequence[float],
               name: str) -> None:
    """A metric by epoch (from 1) in each fold, and its mean over the folds.

    Curves may be of different lengths.  The axis is logarithmic where the numbers span more than a factor of ten.
    """
    values = [value for curve in curves for value in curve]
    epochs = max(len(curve) for curve in curves)
    plane = Plane(AxisScale(1, epochs, 0, 1), scale_of(values, 0, 1, log=wide(values, 10)), 680, 340)
    for curve in curves:
        plane.line(range(1, len(curve) + 1), curve, FOLD)
    plane.line(range(1, len(mean) + 1), mean, FIRST, 1.7)
    plane.write(path, f"{len(curves)} folds", "epoch", name, [("a fold", FOLD), ("their mean", FIRST)])
