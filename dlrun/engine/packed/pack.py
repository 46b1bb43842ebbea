"""Drives the loops of several runs side by side: each asks for its next step, and all are taken at once.

Members take the step of a number together.  Where they begin at other steps, as after a kill each at that of its own
checkpoint, the first ones wait for those behind: so who has come to its end by a step is known whenever it is taken.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlrun.engine.fit import Due, Fit, Group, Interrupted
from dlrun.engine.packed.graphs import without_graph
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.places import PlaceBatches, Places
from dlrun.engine.packed.step import PackedStep

Run = Generator[Due, Any, Any]
BLOCK_SECONDS = 0.25  # of a core that steps which are taken at once may take, so that a signal is seen soon
Ended = dict[int, Any]  # by slot what a run has returned, or the exception that it has raised


@dataclass(frozen=True)
class Pack(Group):
    """Runs by their slots in a layout."""

    runs: Mapping[int, Run]
    layout: Layout

    def execute(self) -> Ended:
        return execute_together(self.runs, self.layout)


@dataclass
class _Waiting:
    """A run that waits for others, which have their slots in its place."""

    run: Run
    slot: int
    others: int
    ended: Ended = field(default_factory=dict)


def execute_together(runs: Mapping[int, Run], layout: Layout) -> Ended:
    """What each run, by its slot, has returned or raised.

    A run is begun and ended as it is alone, by its own code, which tells the layout when it has come to its end; one
    that has ended leaves its slot, and the others go on.
    The runs of a `Pack` that one of them comes to take their steps with all others, in slots that are nobody else's.
    An exception of a packed step is raised in every run that takes part in it.
    """
    driver = _Driver(runs, layout)
    try:
        return driver.drive()
    finally:  # what ends this process's pack leaves no run half open, with its folder locked
        for run in [*driver.active.values(), *(outer.run for outer in driver.waiting.values())]:
            run.close()


class _Driver:
    def __init__(self, runs: Mapping[int, Run], layout: Layout):
        self.layout, self.active = layout, dict(runs)
        self.waiting: dict[int, _Waiting] = {}  # by the slots of those that it waits for
        self.ended: Ended = {}
        # By slot: of each the batch of its next step (None where it has an epoch to close before), and the number.
        self.due: dict[int, tuple[Places | None, int]] = {}
        self.training: dict[int, Fit] = {}  # by slot, of all that have a step to take
        self.packed: PackedStep | None = None
        self.place: dict[int, int] = {}  # by slot, that in `packed`
        self.told: dict[int, int] = {}  # by slot, among how many places a member knows its own
        self.timed: list[int] = []  # whose time passes
        self.said = False  # whether it was said that steps are no graph

    def drive(self) -> Ended:
        for slot in sorted(self.active):
            self.advance(slot)
        for slot in self.due:  # until here each has waited for the others to come to their first step
            self.training[slot].clock.start()
        while self.due:
            if any(self.training[slot].signals.received is not None for slot in self.due):
                for slot in list(self.due):  # before the step: who ends at its number might not be known any more
                    self.advance(slot, Interrupted())
            else:
                self.take_steps()
        return self.ended

    def take_steps(self) -> None:
        """Take the steps that all who are behind have to take before anything else can happen."""
        first = min(number for _, number in self.due.values())
        if closing := [slot for slot, (places, number) in self.due.items() if places is None and number == first]:
            for slot in closing:  # in the places of the step before, which are known now
                self.advance(slot)
            return
        failed: Exception | None = None
        try:
            self.arrange(first)
        except Exception as error:
            failed = error
        self.tell_places(first)
        now = [slot for slot, (_, number) in self.due.items() if number == first]
        if not now:
            return
        self.share_time(now)
        stops = [number for _, number in self.due.values() if number > first]
        stops += filter(None, [self.layout.until(first)])
        batches = {slot: places for slot in now if (places := self.due[slot][0]) is not None}
        steps = min([*(places.steps for places in batches.values()), *(stop - first for stop in stops)])
        began = time.thread_time()
        if failed is None:
            assert self.packed is not None
            try:
                self.packed({self.place[slot]: (places.first(steps), first) for slot, places in batches.items()})
            except Exception as error:
                failed = error
            self.say_without_graph()
        step_seconds = (time.thread_time() - began) / steps  # of this thread: other work makes no smaller blocks
        for slot, places in batches.items():
            if places.steps > steps and failed is None:
                self.due[slot] = (places.rest(steps), first + steps)
                continue
            begin = time.monotonic()
            self.pace(slot, step_seconds)
            self.advance(slot, failed)
            if slot not in self.due:  # its test rows and pictures are no training of the others
                for other in self.due:
                    self.training[other].clock.skip(time.monotonic() - begin)

    def arrange(self, step: int) -> None:
        """Have the program in which everyone has the place of that step."""
        places = self.layout.at(step)
        if self.packed is not None and len(places) == self.packed.slots:
            return
        steps = {place: self.training[slot].step for place, slot in enumerate(places) if slot in self.due}
        self.packed = PackedStep(steps, len(places), self.packed)
        self.place = {slot: place for place, slot in enumerate(places)}

    def tell_places(self, step: int) -> None:
        """Tell those who take this step what their place is, where it is another than before."""
        if self.packed is None:
            return
        slots = self.packed.slots
        for slot, (_, number) in list(self.due.items()):
            if number == step and self.told.get(slot, self.layout.slots) != slots:
                self.told[slot] = slots
                try:
                    self.training[slot].placed(step, slots, self.place[slot])
                except Exception as error:
                    self.advance(slot, error)

    def share_time(self, now: Sequence[int]) -> None:
        """From here on time is that of those who take steps, in equal parts."""
        if now == self.timed:
            return
        self.timed = [*now]
        own = dict.fromkeys(now, 1 / len(now))
        for slot in self.due:
            clock = self.training[slot].clock
            clock.tick()
            clock.share = own.get(slot, 0.0)

    def say_without_graph(self) -> None:
        if self.packed is not None and self.packed.replays.failed and not self.said:
            self.said = True
            for slot in self.due:
                self.training[slot].recorder.note(without_graph(self.packed.replays.failed))

    def advance(self, slot: int, failed: Exception | None = None, given: Any = None) -> None:
        """Let a run come to its next step, or to its end."""
        run = self.active[slot]
        try:
            found = run.send(given) if failed is None else run.throw(failed)
        except StopIteration as end:
            self.leave(slot, end.value)
        except Exception as error:
            self.leave(slot, error)
        else:
            if isinstance(found, Pack):
                self.begin(_Waiting(run, slot, len(found.runs)), found)
                return
            assert isinstance(found, tuple)
            training, batch = found
            self.training[slot] = training
            if batch is None:
                self.due[slot] = (None, training.clock.step)
                return
            places = (training.batches.due(batch) if isinstance(training.batches, PlaceBatches)
                      else Places(batch.x, batch.y, batch.rows))
            training.step.taken = places.steps
            self.due[slot] = (places, training.clock.step)

    def pace(self, slot: int, step_seconds: float) -> None:
        """Let a member give out as many steps at once as suits; on a GPU they are launched, which says nothing."""
        training = self.training[slot]
        if isinstance(training.batches, PlaceBatches) and training.totals.device.type == "cpu":
            training.batches.pace(step_seconds, BLOCK_SECONDS)

    def begin(self, outer: _Waiting, pack: Pack) -> None:
        """Begin the runs that one waits for."""
        del self.active[outer.slot]
        self.active.update(pack.runs)
        self.waiting.update(dict.fromkeys(pack.runs, outer))
        for slot in pack.runs:
            self.advance(slot)

    def leave(self, slot: int, outcome: Any) -> None:
        """Note how a run has ended, and let one go on that has waited for it as the last."""
        self.due.pop(slot, None)
        self.training.pop(slot, None)
        place = self.place.get(slot)
        if self.packed is not None and place is not None and place in self.packed.members:
            self.packed.leave(place)
        outer = self.waiting.pop(slot, None)
        if outer is None:
            self.ended[slot] = outcome
            return
        outer.ended[slot] = outcome
        if len(outer.ended) == outer.others:
            self.active[outer.slot] = outer.run
            self.advance(outer.slot, given=outer.ended)
