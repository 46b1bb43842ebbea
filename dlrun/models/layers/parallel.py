"""The layer ``parallel``: branches of the same input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, choice, layers
from dlrun.models.layer import Layer, Module, Part, Parts, Rng, through, unfit_for_ids
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "parallel")
@dataclass(frozen=True)
class Parallel(Layer):
    """Several lists of layers on the same input, merged; an empty list passes its input on."""

    main: ClassVar[str] = "branches"
    branches: tuple[tuple[Layer, ...], ...] = layers(MISSING, "a list of lists of layers")
    merge: str = choice("concat", ("concat", "add", "multiply", "average", "max"), "concat joins channels")

    def output(self, shape: Shape) -> Shape:
        ends = [through(branch, shape) for branch in self.branches]
        joined = [end[1:] for end in ends] if self.merge == "concat" else ends
        if len(set(joined)) > 1 or len(set(map(len, ends))) > 1:
            raise ValueError(f"the branches end with {', '.join(map(str, ends))}: {self.merge} cannot merge them")
        return (sum(end[0] for end in ends), *joined[0]) if self.merge == "concat" else joined[0]

    def unfit_for_ids(self, vocabulary: int) -> str:
        return next((why for branch in self.branches if (why := unfit_for_ids(branch, vocabulary))), "")

    def parts(self, shape: Shape) -> Iterator[Part]:
        for number, branch in enumerate(self.branches, 1):
            yield f"branch_{number}", branch

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.parallel_module import Parallel

        return Parallel(parts, self.merge)

    def text(self) -> str:
        return self.merge
