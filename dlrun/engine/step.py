"""How a step is executed: one object, chosen before the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from dlrun.config.schema.kinds import OptimizerKind
from dlrun.config.schema.root import Config
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.optimizer_state import load_optimizer_state, optimizer_state
from dlrun.engine.player import PlayerState
from dlrun.engine.without_compiler import without_compiler
from dlrun.models.build import penalty
from dlrun.models.step_rng import StepRng
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.task import Task

if TYPE_CHECKING:
    from dlrun.engine.data_parallel import DataParallel  # its import is for runs of several processes only
    from dlrun.engine.direct_chain import DirectChain

_HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(precision: str, device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """What the forward passes of a run run in: the arithmetic of its `precision` (float32, bf16, fp16)."""
    if precision == "float32":
        return nullcontext
    return lambda: torch.autocast(device.type, _HALF[precision])


class EagerStep:
    """Eager modules and torch's optimizers.

    Calling it with a batch and the step's number moves every player whose turn it is and adds to `totals`.  A turn's
    name is its player's, or begins with it: "discriminator.real" moves the discriminator.  Where the model has nothing
    to train there are no players, and a step measures its batch.
    """

    executed = "eager"  # how, as a folder names it
    taken = 1  # steps that the last call took

    def __init__(self, config: Config, task: Task, model: nn.Module, rng: StepRng, rate: LearningRate,
                 totals: MetricAccumulator):
        without_compiler()
        device = rng.device
        self.task, self.model, self.rng, self.rate, self.totals = task, model, rng, rate, totals
        modules = task.players(model)
        trained = any(weight.requires_grad for module in modules.values() for weight in module.parameters())
        self.players = {} if not trained else {
            name: PlayerState(config.task.optimizer(name, config.optimizer), module, device, len(modules) == 1,
                              task.after_update(name))
            for name, module in modules.items()}
        self.optimizers: Sequence[OptimizerKind] = (config.optimizer,)  # those that a run changes to, too
        self._optimizer, self._own_optimizer = 0, config.task.optimizer
        self._accumulate = config.optimizer.accumulate
        self._factor, self._step = 1.0, 0
        self.shares: DataParallel | None = None  # set where several processes take each step together
        self.scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "fp16")
        self.cast = autocast(config.precision, device)
        self._direct = self._without_graph(config)
        closed = config.optimizer.needs_closure
        half = config.precision == "fp16"
        # A function of the class: with a method of its own the step would be freed by Python's collector alone.
        self._update: Callable[[EagerStep, Sequence[str], Batch], None] = (
            EagerStep._no_update if not trained else EagerStep._closed_update if closed else
            EagerStep._scaled_update if half else EagerStep._plain_update)

    def _without_graph(self, config: Config) -> DirectChain | None:
        """What takes gradients without a graph, where the network is one of dense layers and nobody looks into it."""
        [player, *others] = self.players.values() or [None]
        plain = not (config.allow or config.callbacks or config.phases or config.optimizer.needs_closure
                     or config.optimizer.accumulate > 1) and config.precision == "float32"
        kinds = {type(module).__name__ for module in self.model.children()}
        if (not plain or player is None or others or player.penalised or player.module is not self.model
                or not type(self.task).__module__.startswith("dlrun.")  # it may ask more of a network than its outputs
                or self.rng.device.type != "cpu" or not kinds <= {"Flatten", "Dense", "Dropout"} or "Dense" not in kinds
                or getattr(self.model, "still", None)):
            return None
        from dlrun.engine.direct_chain import DirectChain, is_chain

        return DirectChain(self.model) if is_chain(self.model) else None

    def __call__(self, batch: Batch, step: int) -> None:
        self._step = step
        self.rng.seed_step(step)
        self.set_rate(step)
        self.totals.rows += batch.rows
        if self.shares is not None:
            batch = self.shares.own_rows(batch)
        for group in self.task.turn(step):
            self._update(self, group, batch)

    def update_all(self, batch: Batch) -> None:
        """Update every player once on the batch, whosever turn it is: does a step of so many rows fit in memory?"""
        self._update(self, list(self.players), batch)

    def _player(self, turn: str) -> PlayerState:
        return self.players.get(turn) or self.players[turn.partition(".")[0]]

    def _no_update(self, group: Sequence[str], batch: Batch) -> None:
        """Of a model with nothing to train the batch is measured."""
        for turn in group:
            with torch.no_grad(), self.cast():
                loss, outputs = self.task.loss(turn, self.model, batch)
            if self.shares is None or self.shares.counts:
                self.task.add(turn, self.totals, loss, outputs, batch)

    def _plain_update(self, group: Sequence[str], batch: Batch) -> None:
        for turn in group:  # all gradients of the group before any update
            self._backward(turn, batch)
        if self.shares is not None:
            self.shares.sum_gradients(self._player(turn) for turn in group)
        for turn in group:
            player = self._player(turn)
            if player.clip is not None:
                player.clip(player.weights)
            player.update()
            player.moved()

    def _scaled_update(self, group: Sequence[str], batch: Batch) -> None:
        """The same with gradients in half precision, which are scaled so that small ones survive."""
        for turn in group:
            self._backward(turn, batch)
        for turn in group:
            player = self._player(turn)
            if player.clip is not None:
                self.scaler.unscale_(player.optimizer)
                player.clip(player.weights)
            self.scaler.step(player.optimizer)
            player.moved()
        self.scaler.update()

    def _closed_update(self, group: Sequence[str], batch: Batch) -> None:
        """lbfgs evaluates its batch several times; the metrics are those of the first, as for any step."""
        for turn in group:
            player, first = self._player(turn), True

            def closure(turn: str = turn, player: PlayerState = player) -> Tensor:
                nonlocal first
                self.rng.seed_step(self._step)  # the same masks each time: it is one function that is minimised
                loss = self._backward(turn, batch, measure=first)
                if player.clip is not None:
                    player.clip(player.weights)
                first = False
                return loss

            player.optimizer.step(closure)
            player.moved()

    def _backward(self, turn: str, batch: Batch, measure: bool = True) -> Tensor:
        """Fresh gradients of a turn's loss over the batch; the loss, without a gradient."""
        player = self._player(turn)
        player.forget()  # the gradients of the step before
        if self._direct is not None and self.shares is None and batch.x.requires_grad is False:
            if self._direct.agrees(self.task, turn, self.model, batch, lambda: self.rng.seed_step(self._step)):
                loss, outputs = self._direct(self.task, turn, batch)
                if measure:
                    self.task.add(turn, self.totals, loss, outputs, batch)
                return loss.detach()
            self._direct = None
        if self.shares is not None:
            return self._backward_part(turn, player, batch, self.shares.weight, self.shares.counts)
        if self._accumulate == 1:
            return self._backward_part(turn, player, batch, 1.0, measure)
        # A smaller last part counts by its rows, so that the gradient is the mean over all rows.
        size = -(-batch.rows // self._accumulate)
        losses = []
        for start in range(0, batch.rows, size):
            x, y = batch.x[start:start + size], batch.y[start:start + size]
            losses.append(self._backward_part(turn, player, Batch(x, y, len(x)), len(x) / batch.rows, measure))
        return torch.stack(losses).sum()

    def _backward_part(self, turn: str, player: PlayerState, batch: Batch, share: float, measure: bool) -> Tensor:
        with self.cast():
            loss, outputs = self.task.loss(turn, self.model, batch)
        if player.penalised:
            extra = penalty(player.module)
            assert extra is not None
            loss = loss + extra
        if measure:
            self.task.add(turn, self.totals, loss, outputs, batch)
        if share != 1.0:
            loss = loss * share
        player.backward(self.scaler.scale(loss) if self.scaler.is_enabled() else loss)
        return loss.detach()

    def one_by_one(self) -> None:
        """Take no two steps at once from now on: something looks on."""

    def means(self) -> dict[str, float]:
        """The running means of all processes; waits for the device, and for the others."""
        return self.totals.read(None if self.shares is None else self.shares.gather)

    def use_optimizer(self, place: int) -> None:
        """From the next step on, the optimizer at this place of `optimizers`; it remembers no step before."""
        if place == self._optimizer:
            return
        for name, player in self.players.items():
            player.use(self._own_optimizer(name, self.optimizers[place]))
            player.set_factor(self._factor)
        self._optimizer = place

    def set_base_rate(self, ratio: float) -> None:
        """From the next step on, rates that are `ratio` times those of the configuration."""
        for player in self.players.values():
            player.lr = player.own_lr * ratio
            player.set_factor(self._factor)

    def set_rate(self, step: int) -> bool:
        """Give the optimizers the learning rate of a step; whether it is another than before."""
        factor = self.rate.factor(step)
        if factor == self._factor:
            return False
        for player in self.players.values():
            player.set_factor(factor)
        self._factor = factor
        return True

    def state(self) -> dict[str, Any]:
        changed = {"optimizer": self._optimizer} if self._optimizer else {}
        return {"optimizers": {name: optimizer_state(player.optimizer) for name, player in self.players.items()},
                "scaler": self.scaler.state_dict(), **changed}

    def load(self, state: dict[str, Any]) -> None:
        optimizers = dict(state.pop("optimizers"))
        if set(optimizers) != set(self.players):
            raise ValueError(f"the checkpoint has the players {sorted(optimizers)}, this run {sorted(self.players)}")
        place = state.pop("optimizer", 0)
        if place >= len(self.optimizers):
            raise ValueError(f"the checkpoint is of the optimizer of phase {place}, and this run has "
                             f"{len(self.optimizers) - 1}")
        self.use_optimizer(place)
        for name, player in self.players.items():
            load_optimizer_state(player.optimizer, optimizers[name])
        scaler = state.pop("scaler")
        if scaler:
            self.scaler.load_state_dict(scaler)
