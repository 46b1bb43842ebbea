"""What a step sees of the data."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Rows on the device: inputs (rows, ...) as floats, targets (rows, ...), and how many rows."""

    x: Tensor
    y: Tensor
    rows: int
