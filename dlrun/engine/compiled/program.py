"""A run's step as a function in C, on the run's own weights, states and sums."""

from __future__ import annotations

import contextlib
import copy
import ctypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.data.batches import Rows
from dlrun.data.nonzero import NonZero
from dlrun.engine.compiled import compiler
from dlrun.engine.compiled.comparison import compare, faint_biases
from dlrun.engine.compiled.draw import Draw
from dlrun.engine.compiled.recording import RecordedRng, Recording, Unsupported, storage
from dlrun.engine.compiled.source import Argument, Source, source
from dlrun.engine.compiled.sparse import transpose_weights
from dlrun.engine.compiled.sparse_rows import SparseRows
from dlrun.engine.player import PlayerState
from dlrun.engine.step import EagerStep
from dlrun.models.build import constrain, penalty
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.task import Task

_PAGE = 4096


@dataclass(frozen=True)
class Moved:
    """A player as a step moves it: its module, weights and optimizer's state, and the numbers that may change."""

    player: PlayerState
    module: nn.Module
    weights: Sequence[Tensor]
    states: Mapping[str, Sequence[Tensor]]
    numbers: Mapping[str, Tensor]
    after: Callable[[nn.Module], None] | None


class Taken:
    """What torch has done once on copies: the `source` of it, what it has counted and drawn, and what it has changed.

    `before` and `after` are the values of what it changes, of these `kinds`, with the elements that are `faint`;
    `given` are the other arguments: numbers, the batch or places of its rows, draws.
    """

    source: Source
    counts: Mapping[str, int]
    draws: Sequence[Draw]
    kinds: Sequence[str]
    before: Sequence[Tensor]
    after: Sequence[Tensor]
    faint: Sequence[Tensor | None] = ()
    given: tuple[Tensor, Sequence[Tensor], Sequence[Tensor]]


class Recorded(Taken):
    """One step of a run, taken on copies of everything that it changes.

    `batch` are its inputs and targets, or where `rows` are given their places in these; `states` are those of each
    player's optimizer.
    """

    def __init__(self, step: EagerStep, batch: Batch, rows: Rows | None,
                 states: Mapping[str, Mapping[str, Sequence[Tensor]]], nonzero: NonZero | None = None):
        recording = Recording()
        rng = RecordedRng(step.rng, recording)
        rng.seed_step(step.rng.step)
        task, model = copy.deepcopy((step.task, step.model), {id(step.rng): rng})
        model.train()
        totals = MetricAccumulator(step.totals.names, step.totals.device)
        self.sums = [torch.zeros(len(totals.names), dtype=step.totals.sums().dtype) for _ in range(2)]
        totals.keep_in(*self.sums)
        numbers = torch.tensor(numbers_of(step.players), dtype=torch.float64)
        x, y = batch.x.clone(), batch.y.clone()
        zeros = None if nonzero is None or rows is None else rows.take(x)[0]
        if zeros is not None:
            transpose_weights(model, zeros.shape[1])
        moved = _moved(step, task, model, states, iter(numbers))
        changed = {**{f"{name}_{kind}_{place}": value for name, own in moved.items()
                      for kind, values in {"weight": own.weights, **own.states}.items()
                      for place, value in enumerate(values)},
                   **{f"buffer_{place}": value for place, value in enumerate(untrained(model).values())},
                   "sums": self.sums[0], "counted": self.sums[1]}
        changed = {name: value.detach() for name, value in changed.items()}
        self.before = [value.clone() for value in changed.values()]
        self.after = list(changed.values())
        self.kinds = [name.rpartition("_")[0] or name for name in changed]
        with recording:
            if zeros is not None and rows is not None:
                taken = zeros, rows.targets(x)
            else:
                taken = rows.take(x) if rows else (x, y)
            gradients = _take(task, model, moved, totals, Batch(*taken, batch.rows))
        faint = {f"{name}_weight_{place}": found for name, turns in gradients.items()
                 for place, found in enumerate(faint_biases(turns))}
        self.faint = [faint.get(name) for name in changed]
        self.counts = totals.host_counts
        arguments = [Argument(name, value) for name, value in changed.items()]
        arguments.append(Argument("numbers", numbers, stride=len(numbers)))
        arguments += ([Argument("places", x, stride=batch.rows)] if rows else
                      [Argument("inputs", x), Argument("targets", y)])
        self.draws = [Draw(kind, drawn.numel()) for kind, drawn in rng.drawn]
        arguments += [Argument(f"drawn_{number}", drawn, stride=draw.stride)
                      for number, (draw, (_, drawn)) in enumerate(zip(self.draws, rng.drawn))]
        self.given = (numbers, [x] if rows else [x, y], [drawn for _, drawn in rng.drawn])
        self.source = source(recording.operations, arguments, {} if zeros is None or nonzero is None else
                             {storage(zeros): SparseRows(zeros, x, nonzero.starts, nonzero.columns, nonzero.values)})


def numbers_of(players: Mapping[str, PlayerState]) -> list[float]:
    """The numbers of all players' optimizers that may change from step to step, as they are configured."""
    return [float(getattr(player.kind, key)) for player in players.values() for key in player.kind.moved_by]


def _moved(step: EagerStep, task: Task, model: nn.Module, states: Mapping[str, Mapping[str, Sequence[Tensor]]],
           numbers: Iterator[Tensor]) -> dict[str, Moved]:
    """The players of a step on copies of its task and model, and of their optimizers' states."""
    names = {id(weight): name for name, weight in step.model.named_parameters()}
    copies, modules = dict(model.named_parameters()), task.players(model)
    return {name: Moved(player, modules[name], [copies[names[id(weight)]] for weight in player.weights],
                        {kind: [_laid(value, copies[names[id(own)]]) for own, value in zip(player.weights, values)]
                         for kind, values in states[name].items()},
                        {key: next(numbers) for key in player.kind.moved_by}, task.after_update(name))
            for name, player in step.players.items()}


def _laid(value: Tensor, weight: Tensor) -> Tensor:
    """A copy of what belongs to a weight, which lies as that does."""
    if value.shape != weight.shape:
        return value.clone()
    return torch.empty_strided(weight.shape, weight.stride(), dtype=value.dtype).copy_(value)


def _take(task: Task, model: nn.Module, moved: Mapping[str, Moved], totals: MetricAccumulator,
          batch: Batch) -> dict[str, list[list[Tensor | None]]]:
    """What `EagerStep` does in a step, with the optimizers' formulas in place of torch's kernels.

    Returns the gradients of each player's weights, a list for each of its turns.
    """
    seen: dict[str, list[list[Tensor | None]]] = {name: [] for name in moved}
    for group in task.turn(0):
        found = [(turn.partition(".")[0], _gradients(task, turn, model, moved, totals, batch)) for turn in group]
        for name, gradients in found:
            seen[name].append(list(gradients))
            _move(moved[name], gradients)
    return seen


def _gradients(task: Task, turn: str, model: nn.Module, moved: Mapping[str, Moved], totals: MetricAccumulator,
               batch: Batch) -> list[Tensor | None]:
    own = moved[turn.partition(".")[0]]
    loss, outputs = task.loss(turn, model, batch)
    extra = penalty(own.module)
    if extra is not None:
        loss = loss + extra
    task.add(turn, totals, loss, outputs, batch)
    return list(torch.autograd.grad(loss, own.weights, allow_unused=True))


@torch.no_grad()
def _move(own: Moved, gradients: list[Tensor | None]) -> None:
    _clip(own.player, gradients)
    for place, (weight, gradient) in enumerate(zip(own.weights, gradients)):
        if gradient is not None:
            state = {name: values[place] for name, values in own.states.items()}
            own.player.kind.move(weight.detach(), gradient, state, own.numbers)
    constrain(own.module)
    if own.after is not None:
        own.after(own.module)


def _clip(player: PlayerState, gradients: list[Tensor | None]) -> None:
    """As `optimizer_state.clip` does it."""
    value, norm = player.kind.clip_value, player.kind.clip_norm
    if value is not None:
        gradients[:] = [None if one is None else one.clamp(-value, value) for one in gradients]
    if norm is not None:
        squares = [one.square().sum() for one in gradients if one is not None]
        factor = (norm / (sum(squares[1:], squares[0]).sqrt() + 1e-6)).clamp(max=1.0)
        gradients[:] = [None if one is None else one * factor for one in gradients]


def untrained(model: nn.Module) -> dict[str, Tensor]:
    """What a network has beside the weights that are moved."""
    return {**dict(model.named_buffers()),
            **{name: weight for name, weight in model.named_parameters() if not weight.requires_grad}}


class Program:
    """What was recorded, compiled; raises NoCompiler, and Unsupported where its first step is not torch's."""

    def __init__(self, recorded: Taken, found: tuple[str, str]):
        self.counts, self.draws = recorded.counts, recorded.draws
        self._take = _function(recorded.source.text, found)
        self._constants = recorded.source.constants
        self._turned = {place: torch.empty_strided(value.shape, value.stride(), dtype=value.dtype)
                        for place, value in enumerate(recorded.before) if not value.is_contiguous()}
        self._workspace = torch.empty(recorded.source.bytes + _PAGE, dtype=torch.uint8)
        self._fixed = [*_blas(), -(-self._workspace.data_ptr() // _PAGE) * _PAGE]
        numbers, batch, drawn = recorded.given
        start = [value.clone() for value in recorded.before]
        self(1, recorded.before, numbers, batch, drawn)
        compare(recorded.kinds, start, recorded.before, recorded.after, recorded.faint)

    def __call__(self, steps: int, changed: Sequence[Tensor], numbers: Tensor, batch: Sequence[Tensor],
                 drawn: Sequence[Tensor]) -> None:
        """Take so many steps.  `changed` are in the order of those that were recorded.

        `numbers` are those of each step, `batch` its inputs and targets, or the places of the rows of all steps;
        `drawn` has a tensor for each draw, with the values of all steps.
        """
        for place, own in self._turned.items():
            own.copy_(changed[place].detach())
        held = [self._turned.get(place, value) for place, value in enumerate(changed)]
        given = [*self._fixed, *(value.data_ptr() for value in held), numbers.data_ptr(),
                 *(value.data_ptr() for value in batch), *(value.data_ptr() for value in drawn),
                 *(value.untyped_storage().data_ptr() for value in self._constants)]
        self._take(steps, (ctypes.c_void_p * len(given))(*given))
        for place, own in self._turned.items():
            changed[place].detach().copy_(own)


@lru_cache(64)
def _function(text: str, found: tuple[str, str]) -> Any:
    """`take` of a C file; a process that trains many equal networks looks for its library once."""
    return compiler.library(text, found).take


@cache
def _blas() -> list[int]:
    """The addresses of torch's own sgemm and dgemm; raises Unsupported where it brings none."""
    folder = Path(torch.__file__).parent / "lib"
    for path in sorted(folder.glob("*torch_cpu.*")):
        found = ctypes.CDLL(str(path))
        with contextlib.suppress(AttributeError):
            return [ctypes.cast(getattr(found, name), ctypes.c_void_p).value or 0 for name in ("sgemm_", "dgemm_")]
    raise Unsupported("a torch without a BLAS of its own")
