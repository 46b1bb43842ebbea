"""What a task is built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.scale import Target
from dlrun.models.step_rng import StepRng


@dataclass(frozen=True)
class BuildContext:
    """The data and the model that a task is for; pairings were checked before (`dlrun.preflight`).

    `rng` draws on the run's device.  `targets` are the scales of targets that are numbers; `counts` are the training
    rows of each class, () where nothing will be trained.
    """

    data_spec: DatasetSpec
    model: nn.Module
    rng: StepRng
    targets: Sequence[Target] = ()
    counts: Sequence[int] = ()
