"""Weights that an optimizer of torch's and one of ours update side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.engine.optimizer_state import optimizer_state


def weights() -> list[nn.Parameter]:
    """Sizes that fill no register of a processor, one that several threads share, and a kernel with channels last."""
    draw = torch.Generator().manual_seed(0)
    shapes = [(13, 64), (7,), (1,), (), (300, 211), (5, 3, 3, 3)]
    found = [torch.randn(shape, generator=draw) for shape in shapes]
    found[-1] = found[-1].to(memory_format=torch.channels_last)
    return [nn.Parameter(weight) for weight in found]


class Pair:
    """The same weights under an optimizer of torch's and under one of ours."""

    def __init__(self, torchs: type[torch.optim.Optimizer], own: type[torch.optim.Optimizer],
                 options: Mapping[str, Any]):
        self.theirs, self.ours = weights(), weights()
        self.plain, self.own = torchs(self.theirs, **options), own(self.ours, **options)
        self._draw = torch.Generator().manual_seed(1)

    def step(self, without: int | None = None) -> None:
        """One update of both, of a weight that gets no gradient none."""
        for number, (one, other) in enumerate(zip(self.theirs, self.ours)):
            gradient = torch.randn(one.shape, generator=self._draw) * 10.0 ** (-number)
            one.grad, other.grad = (None, None) if number == without else (gradient.clone(), gradient)
        self.plain.step()
        self.own.step()

    def assert_equal(self) -> None:
        assert all(map(torch.equal, self.theirs, self.ours))
        one, other = optimizer_state(self.plain), optimizer_state(self.own)
        assert one.keys() == other.keys()
        for number, values in one.items():
            assert values.keys() == other[number].keys()
            for name, value in values.items():
                found: Tensor = other[number][name]
                assert torch.equal(value, found) and value.stride() == found.stride(), (number, name)
