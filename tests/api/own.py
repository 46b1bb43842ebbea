"""Classes of a user's own module, for the tests of the Python door."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlrun.engine.callbacks import Callback


class Net(nn.Module):
    """A hidden layer and an output layer."""

    def __init__(self, outputs: int, input_shape: tuple[int, ...], width: int = 8):
        super().__init__()
        self.hidden, self.out = nn.Linear(input_shape[0], width), nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.relu(self.hidden(x)))


class StopAfter(Callback):
    """Ends the run after some epochs."""

    def __init__(self, epochs: int):
        self.epochs = epochs

    def epoch(self, row, best) -> None:
        if row["epoch"] == self.epochs:
            self.stop(f"{self.epochs} epochs are enough")


class WorstError:
    """The largest error of any row."""

    label, direction = "worst error", "min"

    def reset(self) -> None:
        self.worst = 0.0

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        self.worst = max(self.worst, float((outputs - targets).abs().max()))

    def compute(self) -> float:
        return self.worst
