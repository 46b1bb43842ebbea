"""``grad_cam``: where in a picture a class is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.schema.fields import text
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    from torch import Tensor

    from dlrun.inspection.layers import LayerOutput
    from dlrun.inspection.subject import Subject


@register("method", "grad_cam")
@dataclass(frozen=True)
class GradCam(RowsMethod):
    """Where in a picture a class is seen: heat maps over the pictures (Grad-CAM; Selvaraju and others, 2017).

    Of the maps of a layer each channel counts by the mean gradient of the class's score; what speaks against the class
    is left out.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    class_: str | None = text(None, "The class, by its name; null takes the right one, of pictures whose class is not "
                                    "known the predicted one.")
    layer: str | None = text(None, "The layer whose maps are used; null takes the last ones that are not pooled.")

    def inspect(self, subject: Subject) -> Found:
        from dlrun.inspection.layers import named_layer
        from dlrun.inspection.overlay import overlaid, shown_pictures
        from dlrun.inspection.scores import chosen_classes, probabilities, scored
        from dlrun.inspection.sheet import interleaved, save_sheet

        rows = subject.shown(self)
        layers = subject.layers(rows.x)
        layer = last_maps(subject, layers) if self.layer is None else named_layer(self.layer, layers)
        classes = chosen_classes(subject, self.class_, rows)
        heat = heat_maps(subject, rows.x, classes, layer)
        pictures = shown_pictures(subject, rows.x)
        names = subject.run.data_spec.classes if scored(subject) in ("classes", "labels") else ()
        shares = probabilities(subject, rows.x) if names else None
        said = [_said(names, place, shares, number) for number, place in enumerate(classes)]
        subject.save("heat", lambda path: save_sheet(path, interleaved(pictures, overlaid(pictures, heat)),
                                                     interleaved(rows.names, said), pairs=True))
        found = [{"row": row, "class": names[place] if names else None,
                  "probability": None if shares is None else float(shares[number, place]), **_peak(heat[number])}
                 for number, (row, place) in enumerate(zip(rows.names, classes))]
        return Found({"layer": layer.name, "rows": found},
                     [f"{len(rows)} pictures by the maps of {layer.name} ({' x '.join(map(str, layer.shape))})"])


def heat_maps(subject: Subject, x: Tensor, classes: list[int], layer: LayerOutput) -> Tensor:
    """Where in rows their classes are seen (rows, height, width), >= 0.  Raises ConfigError for a layer without maps.
    """
    from dlrun.inspection.gradients import by_layer
    from dlrun.inspection.maps import check_maps

    check_maps(layer)
    made, gradients = by_layer(subject, x, classes, layer.module)
    weights = gradients.mean((2, 3), keepdim=True)
    return (weights * made).sum(1).relu()


def last_maps(subject: Subject, layers: list[LayerOutput]) -> LayerOutput:
    """The last layer with kernels that gives maps, or what follows it and gives as many (its norm, its activation).

    Raises ConfigError for a network without maps.
    """
    from dlrun.config.problem import problem
    from dlrun.models.pretrained.module import PretrainedModule

    found: LayerOutput | None = None
    kernels = False
    for layer in layers:
        if not layer.outermost:
            continue
        if len(layer.shape) != 3 or layer.shape[1:] == (1, 1):
            kernels = False
            continue
        module = subject.run.model.get_submodule(layer.module)
        if isinstance(module, PretrainedModule):  # its maps are those of its last block
            continue
        own = any(weight.ndim > 1 for weight in module.parameters()) or any(
            value.ndim > 1 for value in module.buffers())
        kernels = own or (kernels and found is not None and layer.shape == found.shape)
        if kernels:
            found = layer
    if found is None:
        raise problem("inspect grad_cam", "this network has no layer that gives maps; expected a convolutional one")
    return found


def _said(names: tuple[str, ...], place: int, shares: Tensor | None, number: int) -> str:
    return f"{names[place]} {float(shares[number, place]):.2f}" if shares is not None else ""


def _peak(heat: Tensor) -> dict[str, Any]:
    """Where a map is highest, from the top left, as shares of height and width; null where it is zero everywhere."""
    if not float(heat.max()):
        return {"peak": None}
    place, width = int(heat.argmax()), heat.shape[1]
    return {"peak": [(place // width + 0.5) / heat.shape[0], (place % width + 0.5) / width]}
