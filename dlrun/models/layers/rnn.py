"""The layer ``rnn``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.models.layer import Module, Parts, Rng
from dlrun.models.recurrent.spec import Recurrent
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "rnn")
@dataclass(frozen=True)
class Rnn(Recurrent):
    """Simple RNN: h = tanh(W x + U h + b)."""

    gates: ClassVar[int] = 1
    _fast_activations: ClassVar[tuple[str, ...]] = ("tanh", "relu")

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.recurrent.module import Recurrent as Loop

        return Loop(self, shape, rng)
