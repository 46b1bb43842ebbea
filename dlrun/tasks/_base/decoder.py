"""What the specs of autoencoders' tasks share: a decoder's last function, the loss, and the data's values."""

from __future__ import annotations

from collections.abc import Iterator

from dlrun.config.problem import Problem
from dlrun.models.composite_spec import CompositeSpec


def decoder_clashes(loss: str, network: CompositeSpec, values: str) -> Iterator[Problem]:
    """What does not go together in a task's `loss`, the decoder's end and the data's `values`."""
    end = network.parts["decoder"].end
    exact = loss == "binary_cross_entropy" or (loss == "auto" and end == "sigmoid")
    if exact and end != "sigmoid":
        yield Problem("task.loss=binary_cross_entropy", "the decoder has to end with a sigmoid:  model.output=sigmoid")
    elif exact and values != "unit":
        key = "task.loss" if loss != "auto" else "model.output"
        yield Problem(f"{key}={loss if loss != 'auto' else end}",
                      "binary cross-entropy needs data in [0, 1]:  dataset.scale=unit, or  task.loss=mse")


def computed_clashes(loss: str) -> Iterator[Problem]:
    """What does not go with components that are computed (`model=pca`)."""
    if loss == "binary_cross_entropy":
        yield Problem("task.loss=binary_cross_entropy", "components minimise the squared error; expected mse")
