"""The layer ``member_dense``: one dense layer for the members of an ensemble, told apart by vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, choice, flag, integer
from dlrun.models.choices import ACTIVATIONS
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape, by
from dlrun.registry import register


@register("layer", "member_dense")
@dataclass(frozen=True)
class MemberDense(Layer):
    """(features,) or (members, features) become (members, units): s * (W (r * x)) + b, W common to all members.

    r, s and b are a member's own; r of the first layer is drawn, so that the members differ, all others begin as 1.
    With `own` each member has a W of its own and no r and s: the output of an ensemble.  BatchEnsemble (Wen and others,
    2020), as TabM (Gorishniy and others, 2025) begins it.
    """

    init: ClassVar[str] = "glorot_uniform"  # each parameter says its own rule
    bias_init: ClassVar[str] = "zeros"
    main: ClassVar[str] = "units"
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    units: int = integer(MISSING, "units of each member", low=1)
    members: int = integer(32, "members of the ensemble", low=1)
    activation: str = choice("linear", ACTIVATIONS, "applied to the layer's output")
    own: bool = flag(False, "whether each member has weights of its own")
    drawn: int = integer(1, "neighbouring features that share one drawn r in the first layer: those of a column", low=1)

    def _features(self, shape: Shape) -> int:
        if len(shape) not in (1, 2) or len(shape) == 2 and shape[0] != self.members:
            raise ValueError(f"member_dense expects a vector (features,), or those of its {self.members} members")
        return shape[-1]

    def output(self, shape: Shape) -> Shape:
        self._features(shape)
        return (self.members, self.units)

    def count(self, shape: Shape) -> tuple[int, int]:
        features = self._features(shape)
        if self.own:
            return self.members * self.units * (features + 1), 0
        return features * self.units + self.members * (features + 2 * self.units), 0

    def work(self, shape: Shape) -> int:
        return self.members * self.units * self._features(shape)

    def text(self) -> str:
        own = ", weights of their own" if self.own else ""
        shown = "" if self.activation == "linear" else f", {self.activation}"
        return f"{by((self.members, self.units))} units{shown}{own}"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.member_dense_module import MemberDense, OwnDense

        features = self._features(shape)
        if self.own:
            return OwnDense(self.members, features, self.units, self.activation)
        return MemberDense(self.members, features, self.units, self.activation, self.drawn if len(shape) == 1 else 0)
