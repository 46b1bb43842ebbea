"""Words of training texts that are dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import number
from dlrun.data.augmentations._base import Augmentation
from dlrun.registry import register

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from dlrun.data.batches import Augmentation as Change
    from dlrun.data.prepared import PreparedData


@register("augment", "words")
@dataclass(frozen=True)
class Words(Augmentation):
    """Word dropout: each word or character becomes the unknown one with a probability."""

    inputs: ClassVar[tuple[str, ...]] = ("tokens",)
    drop: float = number(0.1, "Probability that a word becomes the unknown one, or where there is none, the padding.",
                         low=0, high=1, below=True)

    @property
    def on(self) -> bool:
        """Whether anything is changed at all."""
        return bool(self.drop)

    def build_on(self, prepared: PreparedData) -> Change | None:
        """The function that changes a batch of ids (N, length)."""
        vocabulary, padding = prepared.vocabulary, prepared.data_spec.padding
        unknown = vocabulary.unknown if vocabulary is not None else None
        stand_in = padding if unknown is None else unknown
        if not self.drop:
            return None
        if stand_in is None:
            from dlrun.config.problem import problem

            raise problem(f"augment.drop={self.drop}", "the data's ids have neither an unknown word nor padding that "
                          "could stand in for one")
        start = vocabulary.start if vocabulary is not None else None
        kept = tuple(number for number in (padding, start) if number is not None)
        from dlrun.data.augmentations._numbers import words_dropped

        def change(x: Tensor, generator: Generator) -> Tensor:
            return words_dropped(x, self.drop, stand_in, kept, generator)

        return change
