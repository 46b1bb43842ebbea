"""What all GANs share: fields, a generator and a discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.fields import choice, flag, integer, number
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import ACTIVATIONS, INIT_DOC, INITS
from dlrun.models.composite_model import CompositeModel
from dlrun.models.composite_spec import CompositeSpec, NetworkSpec
from dlrun.models.families._composite import (
    NORM_DOC,
    OUTPUT_DOC,
    OUTPUTS,
    listed,
    output_of,
    part_list,
    split_output_activation,
    units_of,
)
from dlrun.models.layer import Layer
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.dropout import Dropout
from dlrun.models.layers.leaky_relu import LeakyRelu
from dlrun.models.shapes import Shape


@dataclass(frozen=True)
class GanModel(CompositeModel):
    """What all GANs have: a generator and a discriminator."""

    wirings: ClassVar[tuple[str, ...]] = ("gan",)
    task: str = choice("adversarial", ("adversarial", "wgan", "wgan_gp", "lsgan"), "what task=auto stands for",
                       identity=False)
    latent: int = integer(100, "length of the random vector that a sample is made from", low=1)
    prior: str = choice("normal", ("normal", "uniform"), "what its values are drawn from; uniform is -1 to 1")
    activation: str = choice("relu", ACTIVATIONS, "activation of the generator's layers")
    slope: float = number(0.2, "slope of the discriminator's leaky relus where x < 0; 0 is relu", low=0)
    output: str = choice("auto", OUTPUTS, "the generator's " + OUTPUT_DOC)
    dropout: float = number(0.5, "share of values dropped after each layer of the discriminator", low=0, high=1,
                            below=True)
    batch_norm: bool = flag(True, "batch normalisation in the generator, before each activation but the last")
    norm_momentum: float = number(0.9, NORM_DOC, low=0, high=1)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    l1: float = number(0.0, "L1 penalty on the kernels of hidden layers, added to their player's loss", low=0)
    l2: float = number(0.0, "L2 penalty on the kernels of hidden layers, added to their player's loss", low=0)
    generator: tuple[Any, ...] | None = part_list("generator")
    discriminator: tuple[Any, ...] | None = part_list("discriminator")

    @property
    def natural_task(self) -> str:  # type: ignore[override]
        """The loss belongs to the task: ``task: wgan`` in the file of a Wasserstein GAN."""
        return self.task

    def check_shape(self, shape: Shape) -> None:
        """Raises ConfigError for rows of a shape that the networks cannot make."""

    def generator_layers(self, shape: Shape) -> list[Layer]:
        """From a latent vector to values of `shape`, before the last function."""
        raise NotImplementedError

    def discriminator_layers(self, shape: Shape) -> list[Layer]:
        """From rows of `shape` to a vector, before the score."""
        raise NotImplementedError

    def discriminator_block(self, layer: Dense | Conv) -> list[Layer]:
        """A layer of the discriminator: leaky relu and dropout after it, no batch norm."""
        return [layer, LeakyRelu(self.slope), *([Dropout(self.dropout)] if self.dropout else [])]

    def composite(self, data_spec: DatasetSpec, values: str) -> CompositeSpec:
        """Both networks, each from its list of layers where one is given.

        The generator's last function is a layer of its own; a discriminator ends with a score, whose sigmoid is the
        probability that a row has label 1.
        """
        shape, latent = data_spec.input_shape, (self.latent,)
        self.check_shape(shape)
        if self.generator is not None:
            generator = listed(self.generator, "model.generator", units_of(shape), self.init, latent, shape)
        else:
            end = output_of(self.output, values)
            last: list[Layer] = [] if end == "linear" else [Activation(end)]
            generator = NetworkSpec((*self.generator_layers(shape), *last), latent)
        if self.discriminator is not None:
            discriminator = split_output_activation(
                listed(self.discriminator, "model.discriminator", 1, self.init, shape, (1,)))
        else:
            discriminator = NetworkSpec((*self.discriminator_layers(shape), Dense(1, init=self.init)), shape)
        return CompositeSpec("gan", {"generator": generator, "discriminator": discriminator}, self.prior)
