"""``deep_dream``: a picture in which a network's layers see more of what they look for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import integer, number, numbers, texts
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.inspection.subject import Subject


@register("method", "deep_dream")
@dataclass(frozen=True)
class DeepDream(RowsMethod):
    """A picture in which layers see more of what they look for (DeepDream with octaves; Chollet 8.2).

    Gradient ascent of the layers' mean squared activations, from a small copy of the picture to its whole size; the
    detail that is lost in small copies is put back after each. It goes on where it was stopped.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    layer: tuple[str, ...] = texts((), "Layers by their names; without it two of the middle.", empty=True, scalar=True)
    weight: tuple[float, ...] = numbers((), "How much each of the layers counts; 1 each without it.", empty=True,
                                        scalar=True)
    octaves: int = integer(3, "Sizes of the picture.", low=1, high=10)
    scale: float = number(1.4, "How much larger each size is than the one before.", low=1, above=True)
    steps: int = integer(20, "Steps of gradient ascent at each size.", low=1)
    step: float = number(1.5, "The length of one, in levels of 256.", low=0, above=True)
    jitter: int = integer(8, "Pixels that the picture is shifted by at random in each step, which blurs the seams of "
                             "a network's strides.", low=0)
    size: int = integer(384, "The longer side of a picture of yours.", low=32, high=4096)
    count: int = integer(1, "How many rows, evenly spaced, where rows are not named.", low=1)
    seed: int = integer(0, "Of the shifts.", low=0)

    def inspect(self, subject: Subject) -> Found:
        from dlrun.config.problem import problem
        from dlrun.inspection.methods.deep_dream_module import Dream, dreamt

        if self.weight and len(self.weight) != len(self.layer):
            raise problem(f"weight={list(self.weight)}", f"expected a number for each of the layers {list(self.layer)}")
        how = Dream(self.layer, self.weight, self.octaves, self.scale, self.steps, self.step, self.jitter, self.seed)
        return dreamt(subject, how, subject.own_pictures(self.size) or subject.rows_as_pictures(self))
