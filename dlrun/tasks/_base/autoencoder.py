"""What the tasks of autoencoders share."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.scale import Target
from dlrun.models.composite import Autoencoder
from dlrun.tasks._base.prediction import Column
from dlrun.tasks._base.task import Task


class AutoencoderTask(Task):
    """One player, an `Autoencoder`.  Targets are not used; the prediction for a row is its latent code."""

    def corrupt(self, x: Tensor) -> Tensor:
        """What the encoder is given of inputs, in training and in evaluation alike."""
        return x

    def predict(self, model: nn.Module, x: Tensor) -> Tensor:
        assert isinstance(model, Autoencoder)
        return model.encode(x)

    def predictions(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> list[Column]:
        latents = outputs.flatten(1).float().cpu().numpy().T
        return [Column(f"code {place}", values) for place, values in enumerate(latents, 1)]

    def exported(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> dict[str, Tensor]:
        return {"code": outputs.flatten(1)}
