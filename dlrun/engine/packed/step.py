"""A step of all members of a pack."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from dlrun.engine.packed.alike import unlike
from dlrun.engine.packed.collected import Totals
from dlrun.engine.packed.draws import MemberDraws
from dlrun.engine.packed.places import Gather, Places
from dlrun.engine.packed.program import Program
from dlrun.engine.packed.stack import Stack
from dlrun.engine.packed.update import Update
from dlrun.engine.step import EagerStep


class PackedStep:
    """Executes the steps of all members at once.  `members` are the steps of each, by slot; `slots` how many there are.

    It is made when every member has come to its first step, in this process; their modules, optimizers and sums lie in
    its tensors from then on.  Raises ValueError for members that cannot be one program.
    """

    def __init__(self, members: Mapping[int, EagerStep], slots: int):
        if wrong := unlike(dict(members)):
            raise ValueError(f"these runs cannot be one program ({wrong}); pack=never trains each alone")
        self.members, self.slots = dict(members), slots
        first = next(iter(members.values()))
        steps = [members.get(slot, first) for slot in range(slots)]
        self.stack = Stack({slot: next(iter(step.players.values())) for slot, step in members.items()}, slots)
        self.totals = Totals({slot: step.totals for slot, step in members.items()}, slots)
        self.update = Update([next(iter(step.players.values())) for step in steps], self.stack)
        self.program, self.gather = Program(steps, self.stack), Gather(slots)
        self._draws: dict[tuple[torch.Size, torch.Size], MemberDraws] = {}

    def __call__(self, due: Mapping[int, tuple[Places, int]]) -> None:
        """Take the steps that are due: by slot the batch, and the step's number.

        Batches of other sizes, as the last of an epoch is one, are taken one size after another.
        """
        sizes: dict[int, list[int]] = {}
        for slot, (batch, _) in due.items():
            sizes.setdefault(batch.rows, []).append(slot)
        for slots in sizes.values():
            self._take({slot: due[slot] for slot in slots}, others=len(sizes) > 1)

    def leave(self, slot: int) -> None:
        """A member has ended: it keeps its weights, and its slot is computed for nobody from here on."""
        del self.members[slot]
        self.stack.leave(slot)

    def _take(self, due: Mapping[int, tuple[Places, int]], others: bool) -> None:
        """Of slots without a step that is due the first one's batch is computed; what comes of it is seen by nobody.

        With `others` these slots have members, who take a step of another size: what is theirs is put back.
        """
        away = [slot for slot in self.members if slot not in due] if others else []
        with torch.no_grad():
            kept = [(whole, whole[away].clone()) for whole in (*self.stack.all(), *self.totals.by_slot) if away]
        x, y = self.gather({slot: batch for slot, (batch, _) in due.items()})
        key = (x.shape, y.shape)
        if key not in self._draws:
            self._draws[key] = MemberDraws(self.program.draws(x, y), self.slots, self.stack.device)
        draws = self._draws[key]
        for slot, (batch, number) in due.items():
            step = self.members[slot]
            if draws.tensors:
                step.rng.seed_step(number)
                draws.draw(slot, step.rng)
            self.update.set_rate(slot, step, number)
            step.totals.rows += batch.rows
        noted, values = self.program.gradients(x, y, draws.finish())
        with torch.no_grad():
            self.totals.add(noted, values)
            self.update()
            for whole, own in kept:
                whole[away] = own

