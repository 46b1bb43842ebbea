"""The layer ``gru``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import flag
from dlrun.models.layer import Module, Parts, Rng
from dlrun.models.recurrent.spec import LARGEST, Recurrent
from dlrun.models.shapes import Shape
from dlrun.registry import register

RESET_AFTER_DOC = ("GRU: whether the reset gate acts after the recurrent product, which then has a bias of its own; "
                   "null: false as in Keras 2, true where the cell is fast")


@register("layer", "gru")
@dataclass(frozen=True)
class Gru(Recurrent):
    """Gated recurrent unit (Cho et al. 2014)."""

    gates: ClassVar[int] = 3
    reset_after: bool | None = flag(None, RESET_AFTER_DOC)

    @property
    def after(self) -> bool:
        """Whether the reset gate comes after the matrix product; where it is not set, as the cell does."""
        return self.fast if self.reset_after is None else self.reset_after

    @property
    def scans(self) -> bool:  # type: ignore[override]
        """Whether its loop over time may be compiled, as an LSTM's."""
        return not self.fast and self.units <= LARGEST

    @property
    def biases(self) -> int:
        return 2 if self.after else 1  # Keras's count, and PyTorch's, of this form

    def wrong(self) -> Iterator[tuple[str, str]]:
        yield from super().wrong()
        if self.fast and not self.after:
            yield "reset_after", "expected true with cell fast; cell: keras has both forms"

    def text(self) -> str:
        return super().text() + (", reset after" if self.after and not self.fast else "")

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.recurrent.module import Recurrent as Loop

        return Loop(self, shape, rng)
