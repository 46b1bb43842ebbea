"""torch optimizers from their configuration; only their `state` is ever restored.

torch's own `load_state_dict` would also bring back the learning rate of the old run: hyperparameters
come from the configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from dlrun.config import optimizers as schemas

_FUSED = ("cuda", "cpu")  # devices on which torch has fused kernels for Adam, AdamW and SGD


class RmsPropInside(Optimizer):
    """RMSprop as Keras 3 writes it: gradient / sqrt(mean square + eps)."""

    def __init__(self, params: Iterable[nn.Parameter], lr: float, alpha: float, eps: float):
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["square_avg"] = torch.zeros_like(weight)
                square = state["square_avg"]
                square.mul_(group["alpha"]).addcmul_(weight.grad, weight.grad, value=1 - group["alpha"])
                weight.addcdiv_(weight.grad, (square + group["eps"]).sqrt_(), value=-group["lr"])


def make_optimizer(config: schemas.Optimizer, module: nn.Module, device: torch.device) -> Optimizer:
    """The optimizer of one player over the parameters of its module that are trained."""
    params = [weight for weight in module.parameters() if weight.requires_grad]
    fused = device.type in _FUSED
    lr = config.lr
    if isinstance(config, schemas.Sgd):
        return torch.optim.SGD(params, lr, momentum=config.momentum, nesterov=config.nesterov, fused=fused)
    if isinstance(config, schemas.RmsProp):
        if config.eps_inside:
            return RmsPropInside(params, lr, config.rho, config.eps)
        return torch.optim.RMSprop(params, lr, alpha=config.rho, eps=config.eps, momentum=config.momentum,
                                   centered=config.centered)
    if isinstance(config, schemas.AdamW):
        return torch.optim.AdamW(params, lr, (config.beta1, config.beta2), config.eps, config.weight_decay,
                                 amsgrad=config.amsgrad, fused=fused)
    if isinstance(config, schemas.Adam):
        return torch.optim.Adam(params, lr, (config.beta1, config.beta2), config.eps, amsgrad=config.amsgrad,
                                fused=fused)
    if isinstance(config, schemas.Adagrad):
        return torch.optim.Adagrad(params, lr, initial_accumulator_value=config.initial_accumulator, eps=config.eps)
    if isinstance(config, schemas.Adadelta):
        return torch.optim.Adadelta(params, lr, config.rho, config.eps)
    if isinstance(config, schemas.Adamax):
        return torch.optim.Adamax(params, lr, (config.beta1, config.beta2), config.eps)
    if isinstance(config, schemas.Nadam):
        return torch.optim.NAdam(params, lr, (config.beta1, config.beta2), config.eps,
                                 momentum_decay=config.momentum_decay)
    if isinstance(config, schemas.Lbfgs):
        search = "strong_wolfe" if config.line_search else None
        return torch.optim.LBFGS(params, lr, config.iterations, history_size=config.history, line_search_fn=search)
    raise TypeError(f"no optimizer for {type(config).__name__}")


def optimizer_state(optimizer: Optimizer) -> dict[str, Any]:
    """What the steps have built up (means, counts), by the number of the parameter."""
    return dict(optimizer.state_dict()["state"])


def load_optimizer_state(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Put stored state back beside the configuration's own hyperparameters."""
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def clip(config: schemas.Optimizer) -> Callable[[list[Tensor]], None] | None:
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
