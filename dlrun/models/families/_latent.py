"""What autoencoders without noise in the latent code share: its activation, and how many of its values stay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, integer
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import ACTIVATIONS
from dlrun.models.composite_spec import CompositeSpec
from dlrun.models.families._autoencoder import AutoencoderModel
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.k_sparse import KSparse


@dataclass(frozen=True)
class PlainAutoencoder(AutoencoderModel):
    """A latent code without noise; of `keep` values, a k-sparse one."""

    natural_task: ClassVar[str] = "reconstruct"
    wirings: ClassVar[tuple[str, ...]] = ("autoencoder",)
    code_activation: str = choice("linear", ACTIVATIONS, "activation of the code")
    keep: int | None = integer(None, "values of the code that stay, the largest; null: all (a k-sparse code)", low=1)

    def composite(self, data_spec: DatasetSpec, values: str) -> CompositeSpec:
        shape = data_spec.input_shape
        encoder = self.encoder_spec(shape, [Dense(self.code, activation=self.code_activation, init=self.init)])
        if self.keep is not None:  # also behind an encoder given as a list
            length, = encoder.output_shape
            if self.keep > length:
                raise problem(f"model.keep={self.keep}", f"the code has {length} values (model.code)")
            encoder = replace(encoder, layers=(*encoder.layers, KSparse(self.keep)))
        decoder = self.decoder_spec(shape, encoder.output_shape, values)
        return CompositeSpec("autoencoder", {"encoder": encoder, "decoder": decoder})

    def latent_outside_unit(self) -> str:
        if self.encoder is not None or self.code_activation in ("sigmoid", "hard_sigmoid", "softmax"):
            return ""
        return "its code has to lie in [0, 1]:  model.code_activation=sigmoid"
