"""A measurement of the members of a pack on the same rows, as one program.

The places of a pack are measured in groups of GROUP.  A member's numbers depend on how many places its group has and on
its own among them, as they were in the last step (`layout`), and on nothing that the others do: where one has ended, or
has not come so far, copies of the weights of the member that asks are measured in its place.  So it makes no
difference whether a pack was interrupted.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.fx import GraphModule

from dlrun.data.batches import Rows, in_order
from dlrun.engine.packed.collected import Noted
from dlrun.engine.packed.draws import ProgramRng
from dlrun.engine.packed.program import TURN, Turn
from dlrun.engine.packed.recorded import recorded
from dlrun.engine.step import EagerStep
from dlrun.tasks._base.batch import Batch

GROUP = 16

Passed = list[tuple[Any, Tensor]]  # the outputs and targets of each batch
Measured = tuple[dict[str, float], Passed]  # the means that a task computes its metrics from, and what was passed


class Unstacked(Exception):
    """What a network or a task does in a measurement is no program of all members, or gains nothing as one."""


@dataclass(frozen=True)
class Measurable:
    """What of a member is measured: its `step` has task and model; `passes` where outputs are asked for."""

    step: EagerStep
    rows: Rows
    batch_size: int
    passes: bool


@dataclass
class Evaluation:
    """The measurements of a pack, whose `members` are here by their slots."""

    members: dict[int, Measurable] = field(default_factory=dict)
    _known: dict[int, tuple[tuple[int, ...], int, Measured]] = field(default_factory=dict)  # by slot, see `measure`
    _programs: dict[tuple[int, torch.Size, torch.Size], tuple[Noted, GraphModule]] = field(default_factory=dict)
    _unstacked: bool = False

    def measure(self, slot: int, places: tuple[int, ...], before_batch: Callable[[], None]) -> Measured | None:
        """What the member in a slot comes to now; None where each has to be measured alone, by structure.

        `places` are the slots with a place in its last step.  The first one that asks at the end of an epoch has all
        of its group measured; for the others it is known until they take a step.  What `before_batch` raises ends it.
        """
        own = self.members[slot]
        if self._unstacked or slot not in places:
            return None
        first = places.index(slot) // GROUP * GROUP
        group = places[first:first + GROUP]
        if slot in self._known:
            there, trained, known = self._known.pop(slot)
            if (there, trained) == (group, own.step.totals.rows):
                return known
        self._known.clear()
        beside = [self.members.get(other, own) for other in group]
        beside = [member if _alike(member, own) else own for member in beside]
        try:
            found = self._measured(own, beside, before_batch)
        except Unstacked:
            self._unstacked = True
            return None
        self._known = {other: (group, member.step.totals.rows, each) for other, member, each
                       in zip(group, beside, found) if member is not own}
        return found[group.index(slot)]

    @torch.no_grad()
    def _measured(self, own: Measurable, beside: Sequence[Measurable],
                  before_batch: Callable[[], None]) -> list[Measured]:
        device, names = own.rows.device, own.step.totals.names
        values = [_values(member.step.model) for member in beside]
        stacked = [torch.stack(each) for each in zip(*(given.values() for given in values))]
        kind = own.step.totals.sums().dtype
        sums, counted = (torch.zeros(len(names), len(beside), dtype=kind, device=device) for _ in range(2))
        row = {name: number for number, name in enumerate(names)}
        passed: list[Passed] = [[] for _ in beside]
        for x, y in in_order(own.rows, own.batch_size):
            before_batch()
            if (key := (len(beside), x.shape, y.shape)) not in self._programs:
                self._programs[key] = _program(own, list(values[0]), stacked, x, y)
            noted, graph = self._programs[key]
            found = graph(*stacked, x, y)
            for value, (place, name, factor) in zip(found, noted.places):
                (sums if place == "sums" else counted)[row[name]].add_(value, alpha=factor)
            for name, count in noted.counts.items():
                counted[row[name]].add_(count)
            if own.passes:
                for mine, outputs in zip(passed, found[-1]):
                    mine.append((outputs, y))
        totals, counts = sums.t().tolist(), counted.t().tolist()
        return [({name: total / count for name, total, count in zip(names, *both) if count}, each)
                for *both, each in zip(totals, counts, passed)]


def _alike(one: Measurable, other: Measurable) -> bool:
    return one.rows is other.rows and (one.batch_size, one.passes) == (other.batch_size, other.passes)


def _values(model: nn.Module) -> dict[str, Tensor]:
    return {f"model.{name}": value.detach() for name, value in (*model.named_parameters(), *model.named_buffers())}


def _program(own: Measurable, names: list[str], stacked: list[Tensor], x: Tensor,
             y: Tensor) -> tuple[Noted, GraphModule]:
    """What is noted of a batch, and then the outputs, as a function of all members' values and the batch."""
    rng = ProgramRng(own.rows.device)
    rng.asked = []
    task, model = copy.deepcopy((own.step.task, own.step.model), {id(own.step.rng): rng})
    turn, noted = Turn(task, model).eval(), Noted(own.step.totals.names, own.rows.device)

    def member(values: list[Tensor], x: Tensor, y: Tensor) -> list[Tensor]:
        noted.begin()
        batch = Batch(x, y, len(x))
        loss, outputs = functional_call(turn, dict(zip(names, values)), (batch,))
        task.add(TURN, noted, loss, outputs, batch)
        if own.passes and not isinstance(outputs, Tensor):
            raise Unstacked
        return [*noted.values, *([outputs] if own.passes else [])]

    def all_members(*given: Tensor) -> list[Tensor]:
        *values, x, y = given
        return list(vmap(member, in_dims=(0, None, None))(values, x, y))

    try:
        graph = recorded(all_members, [*stacked, x, y])
    except ValueError as read:  # a number that the host reads
        raise Unstacked from read
    # What is drawn is each member's own; of convolutions one for all costs what they cost one by one.
    if rng.asked or any("convolution" in str(node.target) for node in graph.graph.nodes):
        raise Unstacked
    return noted, graph
