"""Skipping padded steps: which positions are real, and how a sequence is read without the others.

A recurrence is causal, so skipping a step is the same as moving the real steps of each row to the front, running over
all steps, and looking at the last real one.  This costs two gathers, is exact, and serves every cell.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor


class Skips:
    """Ways to leave out the steps where `real` (length, rows) is False; sequences here are (length, rows, features)."""

    def __init__(self, real: Tensor):
        self.real = real
        done = real.cumsum(0)
        steps = torch.arange(len(real), device=real.device).unsqueeze(1).expand_as(done)
        places = torch.where(real, done - 1, done[-1:] + steps - done)  # a third of the time of a stable sort, and ONNX
        self.order = torch.zeros_like(done).scatter(0, places, steps).unsqueeze(2)  # has none: the real steps first
        self.done = done.unsqueeze(2)  # real steps up to and with each position

    @cached_property
    def turned(self) -> Skips:
        """The same for the sequence read from its end."""
        return Skips(self.real.flip(0))

    def pack(self, x: Tensor) -> Tensor:
        """The real steps first, in their order (length, rows, features)."""
        return x.gather(0, self.order.expand(-1, -1, x.shape[2]))

    def unpack(self, states: Tensor) -> Tensor:
        """The state at each position; a skipped one has that of the position before, or zeros, as in Keras."""
        return self._at(states, self.done)

    def last(self, states: Tensor) -> Tensor:
        """The state after the last real step (rows, features); zeros where a row has none."""
        return self._at(states, self.done[-1:])[0]

    def _at(self, states: Tensor, done: Tensor) -> Tensor:
        found = states.gather(0, (done - 1).clamp(min=0).expand(-1, -1, states.shape[2]))
        return torch.where(done > 0, found, 0)


class Padding:
    """Of the batch at hand, what an embedding found and the recurrent layers after it look at."""

    def __init__(self) -> None:
        self.skips: Skips | None = None

    def see(self, ids: Tensor) -> None:
        """Take in a batch of ids (rows, length); 0 is padding."""
        self.skips = Skips((ids != 0).t())
