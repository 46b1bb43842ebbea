"""From a composite spec to PyTorch modules: parts under their names, wired as an autoencoder, a VAE or a GAN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeGuard

import torch
from torch import Generator, Tensor, nn

from dlrun.config.seeds import derive_seed
from dlrun.models.build import Network, Restrained, build
from dlrun.models.composite_spec import CompositeSpec
from dlrun.models.functions import FUNCTIONS
from dlrun.models.shapes import Shape
from dlrun.models.step_rng import StepRng


class Composite(Restrained):
    """Networks under the names of their parts: ``encoder.conv_1.weight``.

    `penalised` and `constrained` are those of all parts under these names; each part, a `Network`, has its own.
    """

    def __init__(self, spec: CompositeSpec, parts: dict[str, Network]):
        super().__init__()
        self.spec = spec
        for name, part in parts.items():
            self.add_module(name, part)
            self.penalised += [(f"{name}.{weight}", l1, l2) for weight, l1, l2 in part.penalised]
            self.constrained += [(f"{name}.{weight}", axes, norm) for weight, axes, norm in part.constrained]


class Autoencoder(Composite):
    """decode(encode(x)); both are usable alone."""

    encoder: Network
    decoder: Network

    def __init__(self, spec: CompositeSpec, parts: dict[str, Network]):
        super().__init__(spec, parts)
        self.end = FUNCTIONS.get(spec.parts["decoder"].end)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def encode(self, x: Tensor) -> Tensor:
        """The latent vector of each row, (rows, latent)."""
        return self.latent_of(self.values(x))

    def values(self, x: Tensor) -> Tensor:
        """What comes back of rows: the rows themselves."""
        return x

    def latent_of(self, values: Tensor) -> Tensor:
        """The latent vector of what `values` gives."""
        latent: Tensor = self.encoder(values)
        return latent

    def raw(self, latent: Tensor) -> Tensor:
        """What the decoder gives before its last function: logits where that is a sigmoid."""
        values: Tensor = self.decoder(latent)
        return values

    def decode(self, latent: Tensor) -> Tensor:
        """Rows of the data's shape and range."""
        values = self.raw(latent)
        return values if self.end is None else self.end(values)


class TokenAutoencoder(Autoencoder):
    """Of ids (rows, length) the vectors come back (rows, dim, length), and words are the nearest vectors' ids."""

    embedding: Network

    def values(self, x: Tensor) -> Tensor:
        vectors: Tensor = self.embedding(x)
        return vectors

    def nearest(self, values: Tensor) -> Tensor:
        """The id whose vector is nearest to each position's (rows, length)."""
        vectors = next(self.embedding.children()).get_buffer("weight")
        return torch.stack([torch.cdist(row.t(), vectors).argmin(1) for row in values])


class Vae(Autoencoder):
    """The encoder gives mean and log variance of a normal latent vector; `encode` and `forward` take the mean."""

    mu: Network
    log_var: Network
    prior = "normal"

    def latent_of(self, values: Tensor) -> Tensor:
        latent: Tensor = self.mu(self.encoder(values))
        return latent

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of each row's latent vector."""
        features = self.encoder(x)
        return self.mu(features), self.log_var(features)

    @property
    def latent(self) -> Shape:
        """The shape of a latent vector."""
        return self.spec.parts["decoder"].input_shape


class Gan(Composite):
    """A generator of rows from latent vectors, and a discriminator that scores rows."""

    generator: Network
    discriminator: Network

    def __init__(self, spec: CompositeSpec, parts: dict[str, Network]):
        super().__init__(spec, parts)
        self.prior, self.latent = spec.prior, spec.parts["generator"].input_shape

    def forward(self, z: Tensor) -> Tensor:
        return self.decode(z)

    def decode(self, z: Tensor) -> Tensor:
        """Rows of the data's shape from latent vectors (rows, latent)."""
        made: Tensor = self.generator(z)
        return made

    def score(self, x: Tensor) -> Tensor:
        """A score for each row (rows, 1); its sigmoid is the probability of label 1."""
        scores: Tensor = self.discriminator(x)
        return scores


WIRINGS: dict[str, type[Composite]] = {
    "autoencoder": Autoencoder, "token_autoencoder": TokenAutoencoder, "vae": Vae, "gan": Gan}


def build_composite(spec: CompositeSpec, *, seed: int, rng: StepRng, device: torch.device | str = "cpu") -> Composite:
    """The model of a spec.

    Each parameter's initial values come from a stream of its own, named by the part's name and the parameter's name in
    it, so that a part is the same whatever the others are.  Raises ConfigError as `plan` does.
    """
    parts = {name: build(network.layers, network.input_shape, seed=derive_seed(seed, name), rng=rng, device=device)
             for name, network in spec.parts.items()}
    model = WIRINGS[spec.wiring](spec, parts)
    return model if spec.trained else model.requires_grad_(False)


def latents(rows: int, model: Vae | Gan, generator: Generator) -> Tensor:
    """Latent vectors (rows, ...) from the model's prior, on the generator's device."""
    z = torch.empty((rows, *model.latent), device=generator.device)
    return z.uniform_(-1, 1, generator=generator) if model.prior == "uniform" else z.normal_(generator=generator)


def fixed_latents(rows: int, model: Vae | Gan, seed: int) -> Tensor:
    """The latent vectors of a run's pictures: the same in every epoch and, drawn on the CPU, on every device."""
    return latents(rows, model, Generator().manual_seed(derive_seed(seed, "pictures")))


def sample(model: Vae | Gan, z: Tensor) -> Tensor:
    """Rows from latent vectors, as after training: dropout off, batch norm by its averages, no gradients."""
    with eval_mode(model), torch.no_grad():
        return model.decode(z.to(next(model.parameters()).device))


def takes_latents(model: nn.Module) -> TypeGuard[Gan]:
    """Whether a model is called with latent vectors, and not with rows."""
    return isinstance(model, Gan)


def encoder_of(model: nn.Module) -> Callable[[Tensor], Tensor] | None:
    """What makes the latent code (rows, values) of rows; None for a model that has no code."""
    return model.encode if isinstance(model, Autoencoder) else None


@contextmanager
def eval_mode(module: nn.Module) -> Iterator[None]:
    """The module in evaluation mode; afterwards in the mode it was in."""
    mode = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(mode)
