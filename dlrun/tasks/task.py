"""What a task is to the engine: players, whose turn it is, a loss for each, and measures.

A player is a set of parameters with its own loss and optimizer.  A classifier has one; a GAN has two,
and its task says in which steps each of them moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Batch:
    """Rows on the device: inputs (rows, ...) as floats, targets (rows, ...), and how many rows."""

    x: Tensor
    y: Tensor
    rows: int


class Totals:
    """Sums over rows, kept on the device; the host reads them at log points only.

    One float64 sum for each measure (float32 where the device has no float64), and the number of rows.
    """

    def __init__(self, names: Sequence[str], device: torch.device):
        self.names = tuple(names)
        kind = torch.float32 if device.type == "mps" else torch.float64
        self.sums = [torch.zeros((), dtype=kind, device=device) for _ in self.names]
        self.rows = 0

    def reset(self) -> None:
        for total in self.sums:
            total.zero_()
        self.rows = 0

    def read(self) -> dict[str, float]:
        """Means over the rows; waits for the device.  Empty when nothing was added."""
        if not self.rows:
            return {}
        sums = torch.stack(self.sums).tolist()
        return {name: total / self.rows for name, total in zip(self.names, sums)}

    def state(self) -> dict[str, object]:
        return {"sums": torch.stack(self.sums).cpu(), "rows": self.rows}

    def load(self, state: dict[str, object]) -> None:
        sums = state.pop("sums")
        assert isinstance(sums, Tensor)
        for total, value in zip(self.sums, sums):
            total.copy_(value)
        rows = state.pop("rows")
        assert isinstance(rows, int)
        self.rows = rows


class Task(Protocol):
    """A task is made once for a run; it holds no state that changes with the steps."""

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of what `add` sums up; the loss is the first."""
        ...

    def players(self, model: nn.Module) -> dict[str, nn.Module]:
        """The parts of the model that move, by name; all together they own every parameter."""
        ...

    def turn(self, step: int) -> Sequence[Sequence[str]]:
        """Who moves in this step: groups of players; in a group all gradients are taken before any update."""
        ...

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """A player's mean loss over the batch, and the outputs it was taken from."""
        ...

    def add(self, totals: Totals, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        """Add a batch to the running sums, in the order of `measures`; no host synchronisation."""
        ...
