"""What series share: windows that look back on them.

A window begins at a step s, has the values at s, s + step, ... below s + lookback, and its target at
s + lookback + delay (Chollet 6.3).
"""

from __future__ import annotations

from typing import Any, ClassVar

from dlrun.config.schema.fields import integer
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.form import Windows
from dlrun.data.sets._base import Dataset


def lookback(default: int) -> Any:
    """How long a window is."""
    return integer(default, "Steps of the series that a window looks back on.", low=1)


def step(default: int) -> Any:
    """The distance of the steps of a window."""
    return integer(default, "Every so many steps one is seen.", low=1)


def delay(default: int) -> Any:
    """How far ahead the target lies."""
    return integer(default, "How far ahead the target lies; 0 is the step right after the window.", low=0)


def stride() -> Any:
    """The distance of two windows."""
    return integer(1, "Steps between the beginnings of two windows.", low=1)


class Windowed(Dataset):
    """A series; its options are lookback, step, delay and stride."""

    window_key: ClassVar[str] = "lookback"
    lookback: int
    step: int
    delay: int
    stride: int

    def windows(self) -> Windows:
        return Windows(-(-self.lookback // self.step), self.step, self.lookback + self.delay, self.stride)

    def seen(self, features: tuple[str, ...], target: str, unit: str, steps: int) -> DatasetInfo:
        """Windows over so many steps of a series with these columns."""
        spec = DatasetSpec((len(features), self.windows().length), "series", "number", features=features,
                           target_name=target, unit=unit)
        return DatasetInfo(spec, {"train": steps})

