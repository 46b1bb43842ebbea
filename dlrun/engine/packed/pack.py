"""Drives the loops of several runs side by side: each asks for its next step, and all are taken at once."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TypeVar

from dlrun.engine.fit import Due
from dlrun.engine.packed.places import PlaceBatches, Places
from dlrun.engine.packed.step import PackedStep
from dlrun.engine.step import EagerStep

Result = TypeVar("Result")
Ended = dict[int, "Result | Exception"]


def execute_together(runs: Mapping[int, Generator[Due, None, Result]], slots: int) -> Ended[Result]:
    """What each run, by its slot, has returned or raised.

    A run is begun and ended as it is alone, by its own code; one that has ended leaves its slot, and the others go on.
    An exception of a packed step is raised in every run that takes part in it.
    """
    ended: Ended[Result] = {}
    due: dict[int, tuple[Places, int]] = {}
    steps: dict[int, EagerStep] = {}

    def advance(slot: int, failed: Exception | None = None) -> None:
        try:
            run, batch = next(runs[slot]) if failed is None else runs[slot].throw(failed)
        except StopIteration as end:
            leave(slot, end.value)
        except Exception as error:
            leave(slot, error)
        else:
            steps[slot] = run.step
            source = run.batches.source if isinstance(run.batches, PlaceBatches) else None
            due[slot] = (Places(batch.x, batch.y, batch.rows, source), run.clock.step)

    def leave(slot: int, outcome: Result | Exception) -> None:
        ended[slot] = outcome
        due.pop(slot, None)
        if packed is not None:
            packed.leave(slot)

    packed: PackedStep | None = None
    for slot in sorted(runs):
        advance(slot)
    while due:
        failed: Exception | None = None
        try:
            if packed is None:
                packed = PackedStep({slot: steps[slot] for slot in due}, slots)
            packed(due)
        except Exception as error:
            failed = error
        for slot in list(due):
            advance(slot, failed)
    return ended
