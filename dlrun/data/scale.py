"""From stored values to the numbers that a network sees: value = (stored - offset) * factor."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.data.dataset_spec import Column

NORMAL = 1.349  # the middle half of a normal distribution, in deviations
BOUND = 3.0  # of values scaled robustly, as RealMLP has it (Holzmueller and others, 2024)
ROWS = 4096  # images are summed in pieces of so many rows


@dataclass(frozen=True)
class Scale:
    """value = (stored - offset) * factor; float32, of shape () or broadcasting over rows: (C, 1, 1), (features,).

    Where there is a `squeeze` it then goes through value / sqrt(1 + (value / squeeze)^2), which bounds it by `squeeze`.
    """

    offset: np.ndarray
    factor: np.ndarray
    squeeze: np.ndarray | None = None

    def __call__(self, stored: np.ndarray) -> np.ndarray:
        """The scaled values, float32."""
        scaled: np.ndarray = (stored.astype(np.float32) - self.offset) * self.factor
        return scaled if self.squeeze is None else squeezed(scaled, self.squeeze)


def squeezed(values: Any, bound: Any) -> Any:
    """Numbers of an array or tensor, bounded smoothly; those far below the bound hardly change."""
    return values / (1 + (values / bound) ** 2) ** 0.5


@dataclass(frozen=True)
class Target:
    """A target that is a number: its name and unit, mean and deviation over the training rows in this unit.

    What a network is trained on is (number - offset) * factor.  An error of the scaled number divided by `factor` is
    in the unit.
    """

    name: str
    unit: str
    mean: float
    deviation: float
    offset: float = 0.0
    factor: float = 1.0

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """The scaled numbers, float32."""
        return ((numbers - self.offset) * self.factor).astype(np.float32)

    def in_unit(self, scaled: np.ndarray) -> np.ndarray:
        """Scaled numbers back in their unit, float64."""
        return scaled.astype(np.float64) / self.factor + self.offset


def for_target(how: str, train: np.ndarray, name: str, unit: str) -> Target:
    """The target of training rows `train`, float32 (N,), by "none", "standard" (which auto is) or "unit"."""
    numbers = train.astype(np.float64)
    mean, deviation = float(numbers.mean()), float(numbers.std())
    if how in ("standard", "auto"):
        return Target(name, unit, mean, deviation, mean, 1 / deviation if deviation else 1.0)
    if how == "unit":
        width = float(np.ptp(numbers))
        return Target(name, unit, mean, deviation, float(numbers.min()), 1 / width if width else 1.0)
    return Target(name, unit, mean, deviation)


def for_images(how: str, train: np.ndarray, levels: float) -> Scale:
    """The scale of uint8 images (N, C, H, W), or lines of them (N, features, length), whose white is `levels`.

    "standard" is fitted on `train`.
    """
    if how == "standard":
        mean, deviation = _moments(train)
        shape = (-1, *(1,) * (train.ndim - 2))  # beside (C, H, W), or (features, length)
        return _scale(mean.reshape(shape), 1 / np.where(deviation > 0, deviation, 1).reshape(shape))
    stored = (0, 1)
    offset, factor = {
        "unit": (0, 1 / levels), "symmetric": (levels / 2, 2 / levels), "none": stored, "any": stored}[how]
    return _scale(np.array(offset), np.array(factor))


def _moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation by channel, of bytes exact: their sums and those of their squares are integers."""
    if images.dtype.kind == "f":
        axes = (0, *range(2, images.ndim))
        return images.mean(axes, dtype=np.float64), images.std(axes, dtype=np.float64)
    total = np.zeros(images.shape[1], np.int64)
    squares = np.zeros(images.shape[1], np.int64)
    for start in range(0, len(images), ROWS):
        piece = images[start : start + ROWS]
        for channel in range(images.shape[1]):
            counts = np.bincount(piece[:, channel].ravel(), minlength=256)
            total[channel] += counts @ np.arange(256)
            squares[channel] += counts @ np.arange(256) ** 2
    count = images[:, 0].size
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - mean**2, 0))


def for_tables(how: str, train: np.ndarray, columns: tuple[Column, ...]) -> Scale:
    """The scale of a table (N, features) without NaN, fitted on `train`; 0/1 columns of words stay as they are."""
    features = train.shape[1]
    offset, factor = np.zeros(features), np.ones(features)
    numbers = np.array([number for column in columns for number in column.scaled], bool)
    x = train[:, numbers].astype(np.float64)
    if how == "standard":
        offset[numbers] = x.mean(0)
        spread = x.std(0)  # over all rows, as scikit-learn and the books have it
        # A constant column has exactly 0 here: 64-bit sums of equal 32-bit numbers do not round.
        factor[numbers] = 1 / np.where(spread > 0, spread, 1)
    elif how == "unit":
        offset[numbers] = x.min(0)
        width = np.ptp(x, axis=0)
        factor[numbers] = 1 / np.where(width > 0, width, 1)
    elif how == "robust":
        low, offset[numbers], high = np.quantile(x, (0.25, 0.5, 0.75), axis=0)
        spread = np.where(high > low, (high - low) / NORMAL, x.std(0))  # half of the rows may have one value
        factor[numbers] = 1 / np.where(spread > 0, spread, 1)
        return dataclasses.replace(_scale(offset, factor), squeeze=np.where(numbers, BOUND, np.inf).astype(np.float32))
    return _scale(offset, factor)


def _scale(offset: np.ndarray, factor: np.ndarray) -> Scale:
    return Scale(np.asarray(offset, np.float32), np.asarray(factor, np.float32))


NONE = _scale(np.array(0), np.array(1))
