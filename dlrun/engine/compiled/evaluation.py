"""A measurement by a run with compiled steps: forward, loss and the task's sums over all whole batches in a few calls.

The batches, what is drawn for them and the order in which their sums are added up are those of torch's measurement.
A last batch with fewer rows is left to torch: a program of its own would cost more than it saves.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from dlrun.data.batches import Rows
from dlrun.data.nonzero import NonZero, nonzero_of
from dlrun.engine.compiled import compiler
from dlrun.engine.compiled.draw import Draw
from dlrun.engine.compiled.program import Program, Taken
from dlrun.engine.compiled.recording import RecordedRng, Recording, Unsupported, storage
from dlrun.engine.compiled.source import Argument, source
from dlrun.engine.compiled.sparse import transpose_weights
from dlrun.engine.compiled.sparse_rows import SparseRows, sparse_or_dense
from dlrun.engine.compiled.step import BLOCK_SECONDS
from dlrun.engine.fit import CHECK_EVERY
from dlrun.engine.step import EagerStep
from dlrun.models.step_rng import StepRng
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch

_NONZERO = ("starts", "columns", "values")
_ROOM = 1 << 26  # bytes of what is passed on of the batches that are measured at once


@dataclass(frozen=True)
class PassedBatch:
    """Of a batch the outputs that its loss was computed from, those of the model's own call (None where its parts are
    called instead), and the targets."""

    outputs: Any
    shown: Tensor | None
    y: Tensor


class RecordedBatch(Taken):
    """The measurement of a batch, taken on a copy of the model.

    Where it `passes`, `rooms` are what it passes on of a batch: all tensors of the outputs (`form` says how they lie in
    these), then the targets; `shown` is the place of the model's own outputs among them.  With `nonzero`, what is not
    zero of the rows, these are taken as that.
    """

    def __init__(self, step: EagerStep, rows: Rows, size: int, passes: bool, nonzero: NonZero | None = None):
        recording = Recording()
        rng = RecordedRng(step.rng, recording)
        rng.seed_step(-1)
        task, model = copy.deepcopy((step.task, step.model), {id(step.rng): rng})
        model.eval()
        totals = MetricAccumulator(step.totals.names, step.totals.device)
        sums = [torch.zeros(len(totals.names), dtype=torch.float64) for _ in range(2)]
        totals.keep_in(*sums)
        places, seen = torch.arange(size), list[Any]()
        model.register_forward_hook(lambda *call: seen.append(call[-1]))
        self.sparse = nonzero is not None
        zeros = {}
        if nonzero is not None:
            inputs, _ = rows.take(places)
            transpose_weights(model, inputs.shape[1])
            zeros = {storage(inputs): SparseRows(inputs, places, nonzero.starts, nonzero.columns, nonzero.values)}
        with recording, torch.no_grad():
            x, y = rows.take(places) if nonzero is None else (inputs, rows.targets(places))
            batch = Batch(x, y, size)
            for player in task.players(model):
                loss, outputs = task.loss(player, model, batch)
                task.add(player, totals, loss, outputs, batch)
        found: list[Any] = []
        self.shown: int | None = None
        if passes:
            found, self.form = tree_flatten(outputs)
            self.shown = _place_of(seen, found)
            found.append(y)
        if not all(isinstance(value, Tensor) for value in found):
            raise Unsupported("outputs that are no tensors")
        self.rooms = [torch.zeros(value.shape, dtype=value.dtype) for value in found]
        with recording:
            for room, value in zip(self.rooms, found):
                room.copy_(value)
        self.counts = totals.host_counts
        changed = {"sums": sums[0], "counted": sums[1]}
        passed = {f"passed_{place}": room for place, room in enumerate(self.rooms)}
        self.before = [torch.zeros_like(value) for value in (*changed.values(), *passed.values())]
        self.after = [*changed.values(), *passed.values()]
        self.kinds = [*changed, *passed]
        used = {storage(tensor) for operation in recording.operations for tensor in operation.tensors()}
        self.values = [place for place, value in enumerate(values_of(model)) if storage(value) in used]
        tables = held(rows, nonzero)
        self.held = [name for name, value in tables.items() if storage(value) in used or name in _NONZERO]
        read = {**{f"value_{place}": values_of(model)[place].detach() for place in self.values},
                **{f"held_{place}": tables[name] for place, name in enumerate(self.held)}}
        if any(value.storage_offset() for value in read.values()):
            raise Unsupported("a network or rows that lie within another tensor")
        numbers = torch.empty(0, dtype=torch.float64)
        self.draws = [Draw(kind, drawn.numel()) for kind, drawn in rng.drawn]
        self.given = (numbers, [*read.values(), places], [drawn for _, drawn in rng.drawn])
        self.source = source(recording.operations, [
            *(Argument(name, value) for name, value in changed.items()),
            *(Argument(name, room, stride=room.numel(), written=True) for name, room in passed.items()),
            Argument("numbers", numbers),
            *(Argument(name, value) for name, value in read.items()),
            Argument("places", places, stride=size),
            *(Argument(f"drawn_{number}", drawn, stride=draw.stride)
              for number, (draw, (_, drawn)) in enumerate(zip(self.draws, rng.drawn)))], zeros)

    def as_laid(self, values: Sequence[Tensor]) -> list[Tensor]:
        """What a network computes with, as it lay when this was recorded."""
        return [value.detach().t().contiguous() if self.sparse and not self.given[1][place].is_contiguous() else value
                for place, value in enumerate(values)]


def _place_of(seen: Sequence[Any], found: list[Any]) -> int | None:
    """Where the model's own outputs are among those that the loss was computed from, or are put."""
    if not seen or not isinstance(seen[-1], Tensor):
        return None
    for place, value in enumerate(found):
        if value is seen[-1]:
            return place
    found.append(seen[-1])
    return len(found) - 1


def values_of(model: nn.Module) -> list[Tensor]:
    """All that a network computes with."""
    return [*model.parameters(), *model.buffers()]


def held(rows: Rows, nonzero: NonZero | None = None) -> dict[str, Tensor]:
    """The tensors that batches of rows are taken from."""
    own = {name: value for name, value in vars(rows).items() if isinstance(value, Tensor)}
    return own if nonzero is None else {**own, **{name: getattr(nonzero, name) for name in _NONZERO}}


class CompiledEvaluation:
    """Measures rows like those that it was made for, in batches of that size; it `passes` outputs on, or sums alone.

    Raises Unsupported and `compiler.NoCompiler`, whose texts say why torch has to do it.
    """

    def __init__(self, step: EagerStep, rows: Rows, batch_size: int, passes: bool):
        if rows.streamed or not rows.resident:
            raise Unsupported("rows that are read when they are needed")
        if step.cast is not nullcontext:
            raise Unsupported("half precision")
        self._model, self._passes = step.model, passes
        self._batch_size, self._size = batch_size, min(batch_size, rows.count)

        def made(nonzero: NonZero | None) -> tuple[RecordedBatch, Program]:
            recorded = RecordedBatch(step, rows, self._size, passes, nonzero)
            return recorded, Program(recorded, compiler.find())

        self._recorded, self._program = sparse_or_dense(nonzero_of(rows), made)
        self._like = _layout(rows)
        self._most = 1
        bytes_of_batch = sum(room.nbytes for room in self._recorded.rooms) + sum(
            room.nbytes for draw in self._recorded.draws for room in [draw.room(1)])
        whole = max(1, rows.count // self._size)
        self._limit = max(1, min(CHECK_EVERY, whole, _ROOM // max(1, bytes_of_batch)))
        self._drawn = [draw.room(self._limit) for draw in self._recorded.draws]

    def measures(self, rows: Rows, passes: bool, shows: bool) -> bool:
        """Whether it measures these rows, with all that is asked of it: outputs of the loss, outputs of the model."""
        able = (self._passes or not passes) and (self._recorded.shown is not None or not shows)
        alike = min(self._batch_size, rows.count) == self._size and _layout(rows) == self._like
        return able and alike and (not self._recorded.sparse or nonzero_of(rows) is not None)

    def left(self, rows: Rows) -> list[tuple[Tensor, Tensor]]:
        """The last batch, where it has fewer rows."""
        whole = rows.count // self._size * self._size
        return [rows.range(whole, rows.count)] if whole < rows.count else []

    def __call__(self, rows: Rows, totals: MetricAccumulator, rng: StepRng,
                 before_block: Callable[[], None]) -> Iterator[PassedBatch]:
        """Add all batches but a smaller last one to `totals`; what each passes on, where it passes.

        `before_block` is called before several are measured at once; what it raises ends it.
        """
        recorded, size = self._recorded, self._size
        sums = [torch.zeros(len(totals.names), dtype=torch.float64) for _ in range(2)]
        totals.keep_in(*sums)
        values, tensors = values_of(self._model), held(rows, nonzero_of(rows) if recorded.sparse else None)
        read = [*recorded.as_laid([values[place] for place in recorded.values]),
                *(tensors[name] for name in recorded.held)]
        places = torch.arange(rows.count // size * size)
        first = 0
        while first < len(places):
            before_block()
            began = time.perf_counter()
            count = min(self._most, (len(places) - first) // size)
            for number in range(count):
                for draw, room in zip(recorded.draws, self._drawn):
                    draw.fill(room[number], rng)
            rooms = [torch.empty((count, *room.shape), dtype=room.dtype) for room in recorded.rooms]
            self._program(count, [*sums, *rooms], recorded.given[0], [*read, places[first:]], self._drawn)
            for name, each in recorded.counts.items():
                totals.count(name, each * count)
            first += count * size
            seconds = time.perf_counter() - began
            self._most = max(1, min(self._limit, 2 * self._most, int(BLOCK_SECONDS / max(seconds / count, 1e-9))))
            for number in range(count if self._passes else 0):
                yield self._passed([room[number] for room in rooms])

    def _passed(self, values: list[Tensor]) -> PassedBatch:
        form, shown = self._recorded.form, self._recorded.shown
        outputs = tree_unflatten(values[:form.num_leaves], form)
        return PassedBatch(outputs, None if shown is None else values[shown], values[-1])


def _layout(rows: Rows) -> dict[str, tuple[Any, ...]]:
    """What two sets of rows have in common where one program reads both."""
    return {name: (value.dtype, value.shape[1:], value.stride()) for name, value in held(rows).items()}
