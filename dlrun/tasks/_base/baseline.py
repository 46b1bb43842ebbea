"""Baselines: outputs from the targets alone, or the last value of a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlrun.data.prepared import PreparedData, Split


@dataclass(frozen=True)
class Baseline:
    """What a task predicts without a trained model.

    `outputs` (rows, width) are what a network would give; `model` is the word of group `model` that measures the same,
    `says` what is predicted ("the largest class").
    """

    model: str
    says: str
    outputs: Tensor


def constant(outputs: Tensor, says: str, split: Split) -> Baseline:
    """The same outputs (width,) for every row of a split."""
    return Baseline("majority", says, outputs.expand(len(all_targets(split)), -1))


def last_value(prepared: PreparedData, split: Split) -> Baseline:
    """The last value of the target's column in each window of a split, on the scale of the target."""
    assert split.rows is not None and split.form.windows is not None
    windows = split.form.windows
    last = split.x[split.rows + (windows.length - 1) * windows.step, prepared.settings["target"]]
    return Baseline("last_value", "the last value", torch.from_numpy(prepared.targets[0](last))[:, None])


def all_targets(split: Split) -> Tensor:
    """All targets of a split on the CPU, as torch's losses expect them; a text's targets are its own tokens."""
    y = split.y if split.y is not None else split.x[1:]
    found = torch.from_numpy(np.array(y))
    if found.dtype == torch.uint8:
        return found.float()
    return found if found.is_floating_point() else found.long()
