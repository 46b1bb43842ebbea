"""The layer ``member_mean``: one prediction from those of an ensemble's members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import choice
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "member_mean")
@dataclass(frozen=True)
class MemberMean(Layer):
    """The mean prediction of the members (members, outputs): of numbers, or of the probabilities of their logits.

    While training the outputs of all members go on as they are: the loss is the mean of theirs, so that each learns by
    itself.  Numbers are begun at the mean of the training targets, in units of their deviation (`model=tabular`).
    """

    main: ClassVar[str] = "of"
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    of: str = choice("numbers", ("numbers", "classes"), "what the outputs are: numbers, or logits of classes")

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ValueError("member_mean expects the outputs of members (members, outputs)")
        return shape[1:]

    def count(self, shape: Shape) -> tuple[int, int]:
        return 0, 2

    def work(self, shape: Shape) -> int:
        return 0

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.member_mean_module import MemberMean

        return MemberMean(self.of == "classes")
