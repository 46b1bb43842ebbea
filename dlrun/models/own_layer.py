"""A user's class as a layer of a list: ``- {_target_: mymodule.Gate, width: 3}`` with ``allow=mymodule``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape


@dataclass(frozen=True)
class OwnLayer(Layer):
    """A torch.nn.Module named by ``module.Class``, called with `args`, and with `input_shape` if it takes that.

    Its output and its parameters are found by making it once and passing two rows of zeros through it, before the
    start too: such a check imports torch.  Its initial weights come from a stream of its own, and what it draws from
    torch's generators in a step is a function of (seed, step).
    """

    draws_weights: ClassVar[bool] = True
    target: str
    args: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:  # type: ignore[override]
        """The class's name, which names the layer in the network."""
        return self.target.rpartition(".")[2]

    def output(self, shape: Shape) -> Shape:
        return self._tried(shape)[0]

    def count(self, shape: Shape) -> tuple[int, int]:
        return self._tried(shape)[1]

    def unfit_for_ids(self, vocabulary: int) -> str:
        return ""  # whatever it was written for

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.own_layer_module import make

        rng.seeds_torch = True
        return make(self.target, self.args, shape)

    def text(self) -> str:
        given = [f"{key} {value}" for key, value in self.args.items()]
        return ", ".join([f"of {self.target.rpartition('.')[0]}", *given])

    def _tried(self, shape: Shape) -> tuple[Shape, tuple[int, int]]:
        from dlrun.models.own_layer_module import tried

        return tried(self.target, self.args, shape)
