"""How a step is executed: one object, chosen before the loop."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from dlrun.config.root import Config
from dlrun.engine.optimizers import clip, load_optimizer_state, make_optimizer, optimizer_state
from dlrun.engine.quick import bare_step, without_compiler
from dlrun.engine.schedule import Rate
from dlrun.models.noise import Noise
from dlrun.tasks.task import Batch, Task, Totals

_HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


class EagerStep:
    """Eager modules and torch's optimizers.

    Calling it with a batch and the step's number moves every player whose turn it is and adds to `totals`.
    `penalty` gives the L1/L2 part of the loss, `constrain` is applied to the weights after an update.
    """

    def __init__(self, config: Config, task: Task, model: nn.Module, noise: Noise, rate: Rate, totals: Totals,
                 penalty: Callable[[], Tensor] | None, constrain: Callable[[], None] | None):
        without_compiler()
        device = noise.device
        self.task, self.model, self.noise, self.rate, self.totals = task, model, noise, rate, totals
        self.players = task.players(model)
        self.optimizers: dict[str, Optimizer] = {
            name: make_optimizer(config.optimizer, module, device) for name, module in self.players.items()}
        self._weights = {name: [w for group in optimizer.param_groups for w in group["params"]]
                         for name, optimizer in self.optimizers.items()}
        self._steps = {name: bare_step(optimizer) for name, optimizer in self.optimizers.items()}
        self._penalty, self._constrain, self._clip = penalty, constrain, clip(config.optimizer)
        self._accumulate = config.optimizer.accumulate
        self._lr_set, self._step = config.optimizer.lr, 0
        self.scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "fp16")
        self.cast: Callable[[], AbstractContextManager[Any]] = nullcontext
        if config.precision != "float32":
            self.cast = lambda: torch.autocast(device.type, _HALF[config.precision])
        closed = config.optimizer.kind == "lbfgs"
        half = config.precision == "fp16"
        self._update = self._closed_update if closed else self._scaled_update if half else self._plain_update

    def __call__(self, batch: Batch, step: int) -> None:
        self._step = step
        self.noise.at(step)
        self._set_rate(step)
        self.totals.rows += batch.rows
        for group in self.task.turn(step):
            self._update(group, batch)

    def _plain_update(self, group: Any, batch: Batch) -> None:
        for player in group:  # all gradients of the group before any update
            self._backward(player, batch)
        for player in group:
            if self._clip is not None:
                self._clip(self._weights[player])
            self._steps[player]()
        if self._constrain is not None:
            self._constrain()

    def _scaled_update(self, group: Any, batch: Batch) -> None:
        """The same with gradients in half precision, which are scaled so that small ones survive."""
        for player in group:
            self._backward(player, batch)
        for player in group:
            if self._clip is not None:
                self.scaler.unscale_(self.optimizers[player])
                self._clip(self._weights[player])
            self.scaler.step(self.optimizers[player])
        self.scaler.update()
        if self._constrain is not None:
            self._constrain()

    def _closed_update(self, group: Any, batch: Batch) -> None:
        """lbfgs evaluates its batch several times; the measures are those of the first, as for any step."""
        for player in group:
            first = True

            def closure(player: str = player) -> Tensor:
                nonlocal first
                self.noise.at(self._step)  # the same masks each time: it is one function that is minimised
                loss = self._backward(player, batch, measure=first)
                if self._clip is not None:
                    self._clip(self._weights[player])
                first = False
                return loss

            self.optimizers[player].step(closure)  # type: ignore[arg-type]
        if self._constrain is not None:
            self._constrain()

    def _backward(self, player: str, batch: Batch, measure: bool = True) -> Tensor:
        """Fresh gradients of a player's loss over the batch; the loss, without a gradient."""
        self.optimizers[player].zero_grad(set_to_none=True)
        if self._accumulate == 1:
            return self._backward_part(player, batch, 1.0, measure)
        # A smaller last part counts by its rows, so that the gradient is the mean over all rows.
        size = -(-batch.rows // self._accumulate)
        losses = []
        for start in range(0, batch.rows, size):
            x, y = batch.x[start:start + size], batch.y[start:start + size]
            losses.append(self._backward_part(player, Batch(x, y, len(x)), len(x) / batch.rows, measure))
        return torch.stack(losses).sum()

    def _backward_part(self, player: str, batch: Batch, share: float, measure: bool) -> Tensor:
        with self.cast():
            loss, outputs = self.task.loss(player, self.model, batch)
        if self._penalty is not None:
            loss = loss + self._penalty()
        if measure:
            self.task.add(player, self.totals, loss, outputs, batch)
        if share != 1.0:
            loss = loss * share
        if self.scaler.is_enabled():
            self.scaler.scale(loss).backward()
        else:
            loss.backward()
        return loss.detach()

    def _set_rate(self, step: int) -> None:
        lr = self.rate.at(step)
        if lr != self._lr_set:
            for optimizer in self.optimizers.values():
                for group in optimizer.param_groups:
                    group["lr"] = lr
            self._lr_set = lr

    def state(self) -> dict[str, Any]:
        return {"optimizers": {name: optimizer_state(o) for name, o in self.optimizers.items()},
                "scaler": self.scaler.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        for name, optimizer in self.optimizers.items():
            load_optimizer_state(optimizer, state["optimizers"].pop(name))
        if state["optimizers"]:
            raise ValueError(f"the checkpoint has other players: {sorted(state['optimizers'])}")
        del state["optimizers"]
        scaler = state.pop("scaler")
        if scaler:
            self.scaler.load_state_dict(scaler)
