"""A step of all members of a pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from dlrun.data.batches import Rows
from dlrun.engine.packed.alike import unlike
from dlrun.engine.packed.collected import Totals
from dlrun.engine.packed.draws import MemberDraws
from dlrun.engine.packed.graphs import Replays, capture_on
from dlrun.engine.packed.host_values import on_device
from dlrun.engine.packed.places import Gather, Places, Stacked
from dlrun.engine.packed.program import Program
from dlrun.engine.packed.stack import Stack
from dlrun.engine.packed.update import Update
from dlrun.engine.step import EagerStep

Work = Callable[..., None]  # the program and the update of a step, on what `Stacked` holds


class PackedStep:
    """Executes the steps of all members at once.  `members` are the steps of each, by slot; `slots` how many there are.

    It is made when every member has come to its first step, in this process; their modules, optimizers and sums lie in
    its tensors from then on.  On a GPU all of a step but the drawing of masks and noise is a CUDA graph.  `before` is
    what they were executed by until now, in other slots.  Raises ValueError for members that cannot be one program.
    """

    def __init__(self, members: Mapping[int, EagerStep], slots: int, before: PackedStep | None = None):
        if before is None and (wrong := unlike(dict(members))):
            raise ValueError(f"these runs cannot be one program ({wrong}); pack=never trains each alone")
        self.members, self.slots = dict(members), slots
        first = next(iter(members.values()))
        steps = [members.get(slot, first) for slot in range(slots)]
        self.stack = Stack({slot: next(iter(step.players.values())) for slot, step in members.items()}, slots)
        self.totals = Totals({slot: step.totals for slot, step in members.items()}, slots)
        capture = capture_on(self.stack.device)
        self.update = Update([next(iter(step.players.values())) for step in steps], self.stack, capture is not None)
        self.program = Program(steps, self.stack)
        self.gather: Gather = Gather(slots) if before is None else before.gather.of(slots)
        self.replays = Replays(capture)
        self._table: Rows | None = None
        self._works: dict[tuple[torch.Size, ...], tuple[MemberDraws, Work]] = {}

    def __call__(self, due: Mapping[int, tuple[Places, int]]) -> None:
        """Take the steps that are due: by slot the batch, and the (first) step's number.

        All have as many steps.  Batches of other sizes, as the last of an epoch is one, are taken one size after
        another.  Members without a step that is due stay as they are.
        """
        sizes: dict[tuple[int, int], list[int]] = {}
        for slot, (batch, _) in due.items():
            sizes.setdefault((batch.rows, batch.steps), []).append(slot)
        for slots in sizes.values():
            self._take({slot: due[slot] for slot in slots})

    def leave(self, slot: int) -> None:
        """A member has ended: it keeps its weights, and its slot is computed for nobody from here on."""
        del self.members[slot]
        self.stack.leave(slot)

    def _take(self, due: Mapping[int, tuple[Places, int]]) -> None:
        """Of slots without a step that is due the first one's batch is computed; what comes of it is seen by nobody.

        Where such a slot has a member, what is its own is put back.
        """
        away = [slot for slot in self.members if slot not in due]
        kept = []
        if away:
            index = on_device(away, torch.int64, self.stack.device)
            with torch.no_grad():
                kept = [(whole, whole[index]) for whole in (*self.stack.all(), *self.totals.by_slot)]
        stacked = self.gather.stacked({slot: batch for slot, (batch, _) in due.items()})
        steps = next(iter(due.values()))[0].steps
        for slot, (batch, _) in due.items():
            self.members[slot].totals.rows += batch.rows
        for number in range(steps):
            self._step({slot: first + number for slot, (_, first) in due.items()}, stacked.part(number, steps))
        with torch.no_grad():
            for whole, own in kept:
                whole[index] = own

    def _step(self, numbers: Mapping[int, int], stacked: Stacked) -> None:
        """One step, by its number for each slot that takes one."""
        if stacked.table is not self._table:
            self._table, self._works = stacked.table, {}
            self.replays.forget()
        key = tuple(each.shape for each in stacked.tensors)
        if key not in self._works:
            self._works[key] = self._work(stacked)
        draws, work = self._works[key]
        for slot, number in numbers.items():
            step = self.members[slot]
            if draws.tensors:
                step.rng.seed_step(number)
                draws.draw(slot, step.rng)
            self.update.set_rate(slot, step, number)
        self.update.send_rates()
        self.replays(key, work, stacked.tensors)

    def _work(self, stacked: Stacked) -> tuple[MemberDraws, Work]:
        """What is drawn for a step of such shapes, and what is done then."""
        draws = MemberDraws(self.program.draws(*self.gather.take(stacked.table, *stacked.tensors)), self.slots,
                            self.stack.device)
        # Not the step itself, which holds this work: a cycle would keep the pack's tensors after its end.
        table, gather, program, totals, update = stacked.table, self.gather, self.program, self.totals, self.update

        @torch.no_grad()
        def work(*tensors: Tensor) -> None:
            x, y = gather.take(table, *tensors)
            noted, values = program.gradients(x, y, draws.finish())
            totals.add(noted, values)
            update()

        return draws, work
