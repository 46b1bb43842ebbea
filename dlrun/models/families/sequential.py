"""The family ``sequential``: a list of layers from YAML."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, layers
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import INITS
from dlrun.models.layer import Layer, Weighted
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.residual import Residual
from dlrun.models.model import ListModel
from dlrun.models.parse import parse
from dlrun.models.plan import output_shape, shape_text
from dlrun.models.resolve import resolve
from dlrun.registry import register

# Final functions that may be written, as the books do, by kind of target; those of numbers belong to the network.
ENDS: dict[str, tuple[str, ...]] = {
    "classes": ("softmax", "sigmoid"), "tokens": ("softmax", "sigmoid"), "labels": ("sigmoid",), "several": ()}


@register("model", "sequential")
@dataclass(frozen=True)
class Sequential(ListModel):
    """A list of layers from YAML, from the first to the one that gives the outputs (``- dense: out``).

    A softmax (or, with one output, a sigmoid) at the end of a classifier may be written as the books do;
    it is left out of the network, because the losses take logits.
    """

    layers: tuple[Any, ...] = layers(("flatten", {"dense": "out"}), "the layers, first to last")
    init: str = choice("glorot_uniform", INITS, "initial weights of the layers that do not name their own")

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        found = resolve(parse(self.layers, "model.layers"), outputs, self.init, data_spec.vocabulary)
        if data_spec.target_kind in ENDS:
            found = _without_end(found, data_spec.target_kind, outputs)
        end = output_shape(found, data_spec.input_shape)
        needed = (outputs, data_spec.target_length) if data_spec.target_length else (outputs,)
        if end != needed:
            last = "time_distributed" if data_spec.target_length else "dense"
            raise problem(f"model.layers[{len(self.layers) - 1}]",
                          f"the last layer gives {shape_text(end)}, the task needs {shape_text(needed)}: end with  "
                          f"- {last}: out")
        return found


def _without_end(found: list[Layer], targets: str, outputs: int) -> list[Layer]:
    """Drops a classifier's final softmax or sigmoid: the losses take logits, where both are exact and stable."""
    last = found[-1]
    if not isinstance(last, (Activation, Weighted, Residual)):
        return found  # the activation of a recurrent layer is a part of its steps
    function = last.function if isinstance(last, Activation) else last.activation
    if function not in ("softmax", "sigmoid"):
        return found
    if function not in ENDS[targets] or (function == "sigmoid" and outputs > 1 and targets != "labels"):
        given = f"model.layers[{len(found) - 1}]={function}"
        if targets == "labels":
            raise problem(given, f"the task has {outputs} labels, each for itself: expected sigmoid, or nothing")
        if targets == "several":
            raise problem(given, "the task has several targets, each with its own loss: expected nothing")
        raise problem(given, f"the task has {outputs} classes, one for each row: expected softmax, or nothing")
    kept = [] if isinstance(last, Activation) else [replace(last, activation="linear")]
    return [*found[:-1], *kept]
