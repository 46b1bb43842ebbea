"""What the tasks of autoencoders share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor, nn

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.scale import Target
from dlrun.models.composite import Autoencoder
from dlrun.tasks._base.task import Task


class AutoencoderTask(Task):
    """One player, an `Autoencoder`.  Targets are not used; what is predicted of a row is its code."""

    def corrupt(self, x: Tensor) -> Tensor:
        """What the encoder is given of inputs, in training and in evaluation alike."""
        return x

    def predict(self, model: nn.Module, x: Tensor) -> Tensor:
        assert isinstance(model, Autoencoder)
        return model.encode(x)

    def cells(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> Iterator[dict[str, str]]:
        for code in outputs.flatten(1).tolist():
            yield {f"code {place}": f"{value:.6g}" for place, value in enumerate(code, 1)}
