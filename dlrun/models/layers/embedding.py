"""The layer ``embedding``: a table of vectors for tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.fields import MISSING, choice, file, flag, integer
from dlrun.models.choices import INITS
from dlrun.models.layer import Layer, Mask, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "embedding")
@dataclass(frozen=True)
class Embedding(Layer):
    """A vector for each integer: (length,) integers below `vocabulary` become (dim, length).

    With `mask_zero` the recurrent layers after it skip the positions of id 0, as in Keras: states pass over them
    unchanged.  The mask ends at the first layer that mixes positions or has no length any more.
    """

    main: ClassVar[str] = "dim"
    dim: int = integer(MISSING, "length of each vector", low=1)
    vocabulary: int | str = integer("data", "number of different integers; data: as many as the data set has", low=1,
                                    words=("data",))
    init: str = choice("uniform", tuple(init for init in INITS if init != "torch"), "initial vectors")
    mask_zero: bool = flag(False, "recurrent layers after it skip the positions of id 0, the padding")
    frozen: bool = flag(False, "whether the vectors stay as they begin")
    vectors: str | None = file(None, "file of GloVe or word2vec vectors (text, or .gz) to begin with")
    zero: bool = flag(False, "the vector of id 0, the padding, begins with zeros")

    @property
    def packs(self) -> bool:  # type: ignore[override]
        return not self.mask_zero

    @property
    def compiles(self) -> bool:  # type: ignore[override]
        return not self.mask_zero

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("embedding expects a sequence of integers (length,)")
        return (self.dim, shape[0])

    def count(self, shape: Shape) -> tuple[int, int]:
        count = int(self.vocabulary) * self.dim
        return (0, count) if self.frozen else (count, 0)

    def work(self, shape: Shape) -> int:
        return 0  # rows are looked up, not multiplied

    def text(self) -> str:
        shown = [f"{self.vocabulary} x {self.dim}"]
        shown += [words for words, on in (("masks 0", self.mask_zero), ("0 is zeros", self.zero),
                                       ("frozen", self.frozen)) if on]
        return ", ".join([*shown, *([f"from {self.vectors}"] if self.vectors else [])])

    def unfit_for_ids(self, vocabulary: int) -> str:
        if int(self.vocabulary) >= vocabulary:
            return ""
        return f"embedding.vocabulary={self.vocabulary} is too small: the data set has {vocabulary:,} different ids"

    def mask(self, module: Any, mask: Mask | None) -> Mask | None:
        return None if module.padding is None else Mask(module.padding)

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.embedding_module import Embedding

        return Embedding(int(self.vocabulary), self.dim, frozen=self.frozen, zero=self.zero, mask_zero=self.mask_zero,
                         vectors=self.vectors)
