"""``filters``: what a layer's filters are, and which pictures they answer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.schema.fields import choice, integer, number, texts
from dlrun.inspection.methods._base import Found, Method
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.inspection.layers import LayerOutput
    from dlrun.inspection.subject import Subject

LAYERS = 4  # that are shown where none is named


@register("method", "filters")
@dataclass(frozen=True)
class Filters(Method):
    """What a layer's filters are: their kernels, and pictures that they answer to most (Chollet 5.4.2).

    Ascent begins with grey noise and follows the gradient of a filter's mean activation, which is normalised.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    layer: tuple[str, ...] = texts((), "Layers by their names; four of those with kernels without it.", empty=True,
                                   scalar=True)
    show: str = choice("both", ("both", "kernels", "ascent"), "What is drawn.")
    filters: int = integer(16, "The first filters of each layer.", low=1)
    steps: int = integer(40, "Steps of gradient ascent.", low=1)
    step: float = number(1.0, "The length of one, in levels of 256.", low=0, above=True)
    size: int | None = integer(None, "Height and width of the pictures; null takes the network's own, at most 128.",
                               low=8, high=2048)
    seed: int = integer(0, "Of the noise.", low=0)

    def inspect(self, subject: Subject) -> Found:
        import torch

        from dlrun.inspection.layers import named_layer
        from dlrun.inspection.methods.filters_module import Ascent, ascended, draw_kernels, kernels_of

        layers = subject.layers(torch.zeros(1, *subject.run.data_spec.input_shape))
        chosen = [named_layer(word, layers) for word in self.layer] or _some(subject, layers)
        values: dict[str, Any] = {layer.name: {"filters": layer.shape[0]} for layer in chosen}
        for layer in chosen:
            kernels = kernels_of(subject, layer) if self.show != "ascent" else None
            if kernels is not None:
                draw_kernels(subject, layer.name, kernels[:self.filters])
        if self.show != "kernels":
            how = Ascent(self.filters, self.steps, self.step, self.size, self.seed)
            for name, answers in ascended(how, subject, chosen).items():
                values[name] |= {"answer": answers, "silent": sum(not answer for answer in answers)}
        return Found({"layers": values}, [_line(name, value) for name, value in values.items()])


def _some(subject: Subject, layers: list[LayerOutput]) -> list[LayerOutput]:
    """A few of the outermost layers that have kernels and give maps, the first and the last among them."""
    from dlrun.config.problem import problem
    from dlrun.inspection.methods.filters_module import kernels_of
    from dlrun.inspection.rows import spread

    found = [layer for layer in layers if layer.outermost and len(layer.shape) == 3 and kernels_of(subject, layer)
             is not None]
    if not found:
        raise problem("inspect filters", "this network has no layer of filters; expected a convolutional one")
    return [found[place] for place in spread(len(found), LAYERS)]


def _line(name: str, value: dict[str, Any]) -> str:
    silent = f", {value['silent']} of {len(value['answer'])} with no answer to any step" if value.get("silent") else ""
    return f"{name}  {value['filters']} filters{silent}"
