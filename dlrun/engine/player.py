"""One player as the engine moves it: its weights, optimizer, penalty, and what is done after an update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.config.schema.kinds import OptimizerKind
from dlrun.engine.optimizer_state import SCALE, clip
from dlrun.engine.without_compiler import bare_step
from dlrun.models.build import constrain, is_constrained, penalty


class PlayerState:
    """The weights of one player and everything that is decided about them before the loop.

    `alone` is True where no other player has weights: its gradients then come from a plain backward pass.
    """

    def __init__(self, config: OptimizerKind, module: nn.Module, device: torch.device, alone: bool,
                 after: Callable[[nn.Module], None] | None):
        self.module, self.alone, self._after, self._device = module, alone, after, device
        self._trained = [weight for weight in module.parameters() if weight.requires_grad]
        self.use(config)
        self.penalised = penalty(module) is not None
        self._constrained = is_constrained(module)

    def use(self, config: OptimizerKind) -> None:
        """Be moved by this optimizer from now on, which remembers nothing yet."""
        self.kind = config
        self.lr = self.own_lr = config.lr
        self.optimizer = config.build(self._trained, self._device)
        if config.lr_of:
            from dlrun.engine.part_rates import split_rates

            split_rates(self.optimizer, self.module, config.lr, config.lr_of)
        self.weights: list[Tensor] = [w for group in self.optimizer.param_groups for w in group["params"]]
        self.update: Callable[[], Any] = bare_step(self.optimizer)
        self._own_zero_grad = type(self.optimizer).zero_grad is not torch.optim.Optimizer.zero_grad
        self.clip = clip(config)

    def forget(self) -> None:
        """Drop the gradients: what torch's `zero_grad` does, without its profiler and its look at every group."""
        if self._own_zero_grad:
            self.optimizer.zero_grad()
            return
        for weight in self.weights:
            weight.grad = None

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of `loss` to those of this player's weights, and of nobody else's."""
        if self.alone:
            loss.backward()
            return
        for weight, gradient in zip(self.weights, torch.autograd.grad(loss, self.weights, allow_unused=True)):
            if gradient is not None:
                weight.grad = gradient if weight.grad is None else weight.grad + gradient

    def moved(self) -> None:
        """After an update: largest norms of kernels, and what the task asks for (a critic's clipped weights)."""
        if self._constrained:
            constrain(self.module)
        if self._after is not None:
            self._after(self.module)

    def set_factor(self, factor: float) -> None:
        """The learning rate of the coming update, as a factor of the configured one."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr * factor * group.get(SCALE, 1.0)
