"""What a network makes of rows, as vectors: codes, last hidden features, or what a layer of one's choice gives."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dlrun.config.problem import problem
from dlrun.inspection.layers import named_layer, watching
from dlrun.inspection.subject import Subject
from dlrun.models.composite import encoder_of, takes_latents
from dlrun.models.last_hidden import last_weighted

Features = Callable[[Tensor], Tensor]


def features_of(subject: Subject, layer: str, x: Tensor) -> tuple[str, Features]:
    """How the features are called, and what makes them (rows, values) of rows like `x`.

    Without a `layer` these are an autoencoder's codes, of other networks what their last layer with weights is given
    (of a GAN that of its discriminator).  Raises ConfigError for a layer that is not there.
    """
    model = subject.run.model
    if layer:
        module = named_layer(layer, subject.layers(x)).module
        return f"what {layer} makes", lambda x: _watched(subject, module, x)
    encode = encoder_of(model)
    if encode is not None:
        return "codes", lambda x: _without_gradient(encode, x)
    last = last_weighted(model.discriminator if takes_latents(model) else model)
    if last is None:
        raise problem(f"model={subject.run.config.model.kind}", "it has no layer with weights, so no features of rows")
    return "last hidden features", lambda x: _given(subject, last, x)


def _watched(subject: Subject, module: str, x: Tensor) -> Tensor:
    with torch.no_grad(), watching(subject.run.model, [module]) as seen:
        subject.outputs(x)
    return seen[module].float().flatten(1)


def _without_gradient(encode: Features, x: Tensor) -> Tensor:
    with torch.no_grad():
        return encode(x).float().flatten(1)


def _given(subject: Subject, module: torch.nn.Module, x: Tensor) -> Tensor:
    given: list[Tensor] = []
    hook = module.register_forward_pre_hook(lambda module, inputs: given.append(inputs[0].float().flatten(1)))
    try:
        with torch.no_grad():
            subject.outputs(x)
    finally:
        hook.remove()
    return given[-1]
