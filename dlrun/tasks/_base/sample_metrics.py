"""What a task that generates samples measures after each epoch."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

SampleMetrics = Callable[[], dict[str, float]]  # recorded as samples/<name>
SampleClassifier = Callable[[Tensor], Tensor]  # probabilities (rows, classes) of rows on the device
