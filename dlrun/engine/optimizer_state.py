"""What is done with a torch optimizer beside its steps: state in and out, clipped gradients.

Only the `state` of an optimizer is ever restored.  torch's own `load_state_dict` would also bring back the learning
rate of the old run: hyperparameters come from the configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from dlrun.config.schema.kinds import OptimizerKind

SCALE = "scale"  # of a group of weights: its rate as a multiple of the configured one


def optimizer_state(optimizer: Optimizer) -> dict[str, Any]:
    """What the steps have built up (means, counts), by the number of the parameter."""
    return dict(optimizer.state_dict()["state"])


def load_optimizer_state(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Put stored state back beside the configuration's own hyperparameters."""
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def clip(config: OptimizerKind) -> Callable[[list[Tensor]], None] | None:
    """What is done to a player's gradients before its update; None for nothing."""
    norm, value = config.clip_norm, config.clip_value
    if norm is None and value is None:
        return None

    def clipped(parameters: list[Tensor]) -> None:
        if value is not None:
            torch.nn.utils.clip_grad_value_(parameters, value)
        if norm is not None:
            torch.nn.utils.clip_grad_norm_(parameters, norm)

    return clipped
