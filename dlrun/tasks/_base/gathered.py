"""The outputs of all batches of a measurement, as predictions on the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dlrun.metrics._numbers import NumberPredictions


def concatenated(passed: Sequence[tuple[Any, Tensor]]) -> tuple[Tensor, Tensor]:
    """All outputs and all targets (rows, ...), on the CPU."""
    outputs, targets = (torch.cat(rows).cpu() for rows in zip(*passed))
    return outputs, targets


def number_predictions(predicted: Tensor, y: Tensor, factor: float, offset: float) -> NumberPredictions:
    """Numbers (rows,) that were scaled by value = (number - offset) * factor, in their own unit."""
    own, true = (numbers.double().numpy() / factor + offset for numbers in (predicted, y))
    return NumberPredictions(own, true)
