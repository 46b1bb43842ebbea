"""The module of ``permuted``."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dlrun.models.step_rng import StepRng


class Drawn(nn.Module):
    """For each row one of the `answers` (training rows, width), drawn from the step's randomness."""

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
