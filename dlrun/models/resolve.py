"""Lists of layers with what only model and data know filled in: outputs, the model's init, the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from dlrun.config.problem import problem
from dlrun.models.layer import Layer


def resolve(layers: Sequence[Layer], outputs: int, init: str, vocabulary: int = 0) -> list[Layer]:
    """The layers with "out", the model's init and the data's vocabulary filled in, inner ones too."""
    return [_resolved(layer, outputs, init, vocabulary) for layer in layers]


def _resolved(layer: Layer, outputs: int, init: str, vocabulary: int) -> Layer:
    known: dict[str, Any] = {}
    for field in fields(layer):
        value = getattr(layer, field.name)
        if field.name == "units" and value == "out":
            known["units"] = outputs
        elif field.name == "vocabulary" and value == "data":
            if not vocabulary:
                raise problem("embedding.vocabulary=data", "the data set has no tokens; expected a number")
            known["vocabulary"] = vocabulary
        elif field.name == "init" and value is None:
            known["init"] = init
        elif field.name == "layers":
            known["layers"] = tuple(resolve(value, outputs, init, vocabulary))
        elif field.name == "branches":
            known["branches"] = tuple(tuple(resolve(branch, outputs, init, vocabulary)) for branch in value)
    return replace(layer, **known)
