"""A step that is compiled: it stands for the eager one, on the same weights, optimizers and sums."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor

from dlrun.data.batches import Batches
from dlrun.data.nonzero import nonzero_of
from dlrun.engine.block_batches import BlockBatches
from dlrun.engine.compiled import compiler
from dlrun.engine.compiled.program import Program, Recorded, numbers_of, untrained
from dlrun.engine.compiled.recording import Unsupported
from dlrun.engine.compiled.sparse_rows import sparse_or_dense
from dlrun.engine.fit import CHECK_EVERY
from dlrun.engine.player import PlayerState
from dlrun.engine.step import EagerStep
from dlrun.models.build import stateful
from dlrun.tasks._base.batch import Batch

BLOCK_SECONDS = 0.05  # that steps which are taken at once may take together, so that a signal is seen soon


class CompiledStep(EagerStep):
    """Takes several steps at once where it is given the places of their rows.

    Raises Unsupported and `compiler.NoCompiler`, whose texts say why the steps have to be eager.
    """

    def __init__(self, eager: EagerStep, batches: Batches):
        vars(self).update(vars(eager))
        _check(eager, batches)
        found = compiler.find()
        self.executed = f"compiled by {found[1]}"
        self._limit = CHECK_EVERY
        self.batches = BlockBatches(batches)
        self._size = batches.batch_size
        totals = [torch.zeros(len(self.totals.names), dtype=torch.float64) for _ in range(2)]
        self.totals.keep_in(*totals)
        self._sums, self._untrained = totals, list(untrained(self.model).values())
        self._numbers = torch.tensor([numbers_of(self.players)] * CHECK_EVERY, dtype=torch.float64)
        keys = [key for player in self.players.values() for key in player.kind.moved_by]
        self._rates_at = [place for place, key in enumerate(keys) if key == "lr"]  # one for each player
        self._rates: list[list[float]] = []
        sizes = {min(self._size, batches.rows.count)}
        if batches.rows.count > self._size and batches.steps_in_pass * self._size > batches.rows.count:
            sizes.add(batches.rows.count % self._size)
        states = self._states()
        self._programs: dict[int, Program] = {}
        for size in sorted(sizes, reverse=True):
            self._programs[size] = self._program(size, states, found)
        self._rooms = {size: [draw.room(CHECK_EVERY) for draw in program.draws]
                       for size, program in self._programs.items()}

    def __call__(self, batch: Batch, step: int) -> None:
        size = min(self._size, batch.rows)
        self.taken = steps = max(1, batch.rows // self._size)
        program = self._programs[size]
        began = time.perf_counter()
        self.totals.rows += batch.rows
        rooms = self._rooms[size]
        for number in range(steps if rooms else 0):
            self.rng.seed_step(step + number)
            for draw, room in zip(program.draws, rooms):
                draw.fill(room[number], self.rng)
        self._set_rates(step, steps)
        given = [batch.x] if self.batches.by_places else [batch.x, batch.y]
        program(steps, self._changed(), self._numbers, given, rooms)
        for name, count in program.counts.items():
            self.totals.count(name, count * steps)
        seconds = time.perf_counter() - began
        self.batches.block = max(1, min(self._limit, 2 * self.batches.block,
                                        int(BLOCK_SECONDS / max(seconds / steps, 1e-9))))

    def one_by_one(self) -> None:
        self._limit = self.batches.block = 1

    def _set_rates(self, step: int, steps: int) -> None:
        rates = []
        same = steps if self.rate.steady(step) else 1
        for number in range(0, steps, same):
            self.set_rate(step + number)
            rates += [[player.optimizer.param_groups[0]["lr"] for player in self.players.values()]] * same
        if rates != self._rates:
            self._numbers[:steps, self._rates_at] = torch.tensor(rates, dtype=torch.float64)
            self._rates = rates

    def _example(self, size: int) -> tuple[Batch, Any]:
        """A batch of so many rows, and where its rows are taken from, if the step takes them itself."""
        places = torch.arange(size)
        if self.batches.by_places:
            return Batch(places, places, size), self.batches.rows
        number = 0 if size == self._size else self.batches.steps_in_pass - 1
        [(x, y)] = self.batches.steps(number, number + 1)
        return Batch(x, y, len(x)), None

    def _program(self, size: int, states: dict[str, dict[str, list[Tensor]]], found: tuple[str, str]) -> Program:
        """For batches of that size; of rows that are zeros for the most part without these, where that can be."""
        batch, rows = self._example(size)
        return sparse_or_dense(None if rows is None else nonzero_of(rows),
                               lambda nonzero: Program(Recorded(self, batch, rows, states, nonzero), found))

    def _states(self) -> dict[str, dict[str, list[Tensor]]]:
        """The state of each player's optimizer."""
        return {name: _state(player) for name, player in self.players.items()}

    def _changed(self) -> list[Tensor]:
        """What a step changes, in the order of `Recorded`."""
        moved: list[Tensor] = []
        for player in self.players.values():
            moved += [*player.weights, *(value for values in _state(player).values() for value in values)]
        return [*moved, *self._untrained, *self._sums]


def _state(player: PlayerState) -> dict[str, list[Tensor]]:
    """An optimizer's state by its names, of each weight; begun where no step was taken yet."""
    of_weights, of_network = player.kind.beginning()
    found: dict[str, list[Tensor]] = {name: [] for name in (*of_weights, *of_network)}
    for weight in player.weights:
        own = player.optimizer.state[weight]
        for name, value in of_weights.items():
            if own.get(name) is None:
                own[name] = torch.full_like(weight, value, requires_grad=False)
        for name, value in of_network.items():
            if own.get(name) is None:
                own[name] = torch.tensor(value)
        for name, values in found.items():
            if not own[name].is_contiguous():
                own[name] = own[name].contiguous()
            values.append(own[name])
    return found


def _check(step: EagerStep, batches: Batches) -> None:
    """Raises Unsupported for what is no function of tensors alone."""
    task = step.task
    kinds = [player.kind for player in step.players.values()]
    reasons = {
        **{f"optimizer={kind.kind}": not kind.moves_many or bool(kind.lr_of) for kind in kinds},
        "a model with nothing to train": not step.players,
        "turns that differ from step to step": not task.same_turns,
        "another device than the CPU": step.rng.device.type != "cpu",
        "several processes": step.shares is not None,
        "half precision": step.scaler.is_enabled(),
        "code of your own": step.rng.seeds_torch,
        "states that are carried over": stateful(step.model),
        "rows that are read when they are needed": batches.rows.streamed,
    }
    for reason, here in reasons.items():
        if here:
            raise Unsupported(reason)
