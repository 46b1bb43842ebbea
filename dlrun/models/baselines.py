"""Models without training: the same answer for all rows, a permuted one, the last value, principal components."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dlrun.config import models_baseline as schema
from dlrun.models.assembly import Autoencoder
from dlrun.models.layers.dense_module import Dense
from dlrun.models.step_rng import StepRng


class Constant(nn.Module):
    """The outputs `values` (width,) for each row, at each position where there are `length` of them."""

    values: Tensor

    def __init__(self, width: int, length: int = 0):
        super().__init__()
        self.length = length
        self.register_buffer("values", torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        if self.length:
            return self.values[:, None].expand(len(x), -1, self.length)
        return self.values.expand(len(x), -1)


class Drawn(nn.Module):
    """For each row one of the `answers` (training rows, width), drawn from the noise as it stands."""

    answers: Tensor

    def __init__(self, width: int, rng: StepRng):
        super().__init__()
        self.rng = rng
        self.register_buffer("answers", torch.zeros(1, width))

    def forward(self, x: Tensor) -> Tensor:
        place = torch.randint(len(self.answers), (len(x),), generator=self.rng.generator, device=self.rng.device)
        return self.answers[place.to(self.answers.device)]

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        # How many answers there are is known from the training rows alone, which a later user has not got.
        self.answers = torch.empty_like(state_dict[f"{prefix}answers"], device=self.answers.device)
        super()._load_from_state_dict(state_dict, prefix, *args)


class LastValue(nn.Module):
    """The last value of a column in windows (rows, features, length), on the scale of the target.

    A column's inputs are (value - offset) * factor, and so are the targets with an offset and factor of their own.
    """

    column: Tensor
    gain: Tensor
    shift: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("column", torch.zeros(1, dtype=torch.int64))
        self.register_buffer("gain", torch.ones(1))
        self.register_buffer("shift", torch.zeros(1))

    def set(self, column: int, inputs: tuple[float, float], target: tuple[float, float]) -> None:
        """Offset and factor of the column's inputs, and of the target."""
        self.column.fill_(column)
        self.gain.fill_(target[1] / inputs[1])
        self.shift.fill_((inputs[0] - target[0]) * target[1])

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, -1].index_select(1, self.column) * self.gain + self.shift


def make_baseline(config: Any, width: int, length: int, rng: StepRng) -> nn.Module:
    """The model of a baseline's config, not yet computed: `width` outputs, at each of `length` positions if not 0."""
    if isinstance(config, schema.Majority):
        return Constant(width, length)
    return Drawn(width, rng) if isinstance(config, schema.Permuted) else LastValue()


@torch.no_grad()
def set_components(model: Autoencoder, x: np.ndarray, seed: int) -> None:
    """The principal components of rows x (rows, values), by scikit-learn, as the weights of encoder and decoder."""
    from sklearn.decomposition import PCA

    encoder, decoder = (next(layer for layer in part.modules() if isinstance(layer, Dense))
                        for part in (model.encoder, model.decoder))
    pca = PCA(len(encoder.weight), random_state=seed).fit(x)
    components, mean = torch.as_tensor(pca.components_), torch.as_tensor(pca.mean_)
    encoder.weight.copy_(components)
    encoder.bias.copy_(-(components @ mean))
    decoder.weight.copy_(components.T)
    decoder.bias.copy_(mean)
