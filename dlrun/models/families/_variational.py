"""What the variational autoencoders share: mean and log variance of a normal latent code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.composite_spec import CompositeSpec, NetworkSpec
from dlrun.models.families._autoencoder import AutoencoderModel
from dlrun.models.layers.dense import Dense


@dataclass(frozen=True)
class VariationalAutoencoder(AutoencoderModel):
    """The encoder gives mean and log variance of a normal latent code."""

    natural_task: ClassVar[str] = "vae"
    wirings: ClassVar[tuple[str, ...]] = ("vae",)

    def composite(self, data_spec: DatasetSpec, values: str) -> CompositeSpec:
        shape = data_spec.input_shape
        encoder = self.encoder_spec(shape)
        head = NetworkSpec((Dense(self.code, init=self.init),), encoder.output_shape)
        decoder = self.decoder_spec(shape, (self.code,), values)
        return CompositeSpec("vae", {"encoder": encoder, "mu": head, "log_var": head, "decoder": decoder})
