"""What a task is to the engine: players, whose turn it is, a loss for each, and measures.

A player is a set of parameters with its own loss and optimizer.  A classifier has one; a GAN has two,
and its task says in which steps each of them moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor, nn

from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch


class Task(Protocol):
    """A task is made once for a run; it holds no state that changes with the steps."""

    def players(self, model: nn.Module) -> dict[str, nn.Module]:
        """The parts of the model that move, by name; all together they own every parameter."""
        ...

    def turn(self, step: int) -> Sequence[Sequence[str]]:
        """Who moves in this step: groups of players; in a group all gradients are taken before any update."""
        ...

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Any]:
        """A player's mean loss over the batch, and the outputs it was taken from."""
        ...

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Any, batch: Batch) -> None:
        """Add what a player's turn has shown to the running sums; no host synchronisation."""
        ...

    def derive(self, metrics: dict[str, float]) -> dict[str, float]:
        """The measures that people read, from the means (a perplexity from a mean loss)."""
        ...
