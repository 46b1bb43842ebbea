"""`dlrun check [overrides]`: whether a run computes the same bits again, and after an interruption."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.schema.fields import integer
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.run.check import Checkup
    from dlrun.run.trajectory import Difference


class DifferenceAnswer(TypedDict):
    """Where two trainings part."""

    step: Annotated[int, "The first step that differs, counted from 1."]
    what: Annotated[str, "What differs first in it: batch, output, gradient, weight, buffer, state of the optimizer."]
    where: Annotated[str, "Of which layer or tensor."]
    count: Annotated[int, "How many differ in this step."]


class CheckAnswer(TypedDict):
    """Three trainings of the same steps."""

    equal: Annotated[bool, "Whether all bits of all steps are equal."]
    steps: Annotated[int, "Steps that were taken."]
    interrupted_after: Annotated[int, "The step after which one was interrupted; 0 where there were too few."]
    machine: Annotated[str, "Device and threads."]
    again: Annotated[DifferenceAnswer | None, "Where the second training differs."]
    resumed: Annotated[DifferenceAnswer | None, "Where the interrupted and resumed one differs."]
    diverged: Annotated[str, "Why training ended before; empty where it did not."]


@register("verb", "check")
@dataclass(frozen=True)
class Check(Verb):
    """Whether a run computes the same bits twice, and after an interruption.

    A few steps are trained twice, and once interrupted in the middle and resumed; every batch, output of a layer,
    gradient, weight and state of the optimizer is compared by its bits. The exit code is 1 where any differs: the first
    layer and step are named. Worth a minute before a long run with code of your own, or on another machine. Nothing is
    left behind.
    """

    overrides: tuple[str, ...] = positional(
        "key=value ...", "The overrides of the run.", overrides=True, offers=offers.overrides)
    steps: int = integer(20, "Steps of each training.", low=1)
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("determinism", "reproducible", "verify"), "check")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun check model=lstm dataset=imdb", "20 steps, three times"),
        ("dlrun check model=mine allow=mine steps=200", "a model of your own"),
    )
    answers: ClassVar[Any] = CheckAnswer

    def answer(self) -> Answer:
        from dlrun.preflight.preflight import preflight
        from dlrun.run.run import uncollected

        checked = preflight(self.overrides)
        with uncollected():
            from dlrun.run.check import check
        notes: dict[str, None] = {}
        found = check(checked, self.steps, notes.setdefault)
        for note in notes:
            say(note, file=sys.stderr)
        return Answer(partial(_data, found), partial(_show, found), 1 if found.again or found.resumed else 0)


def _data(found: Checkup) -> CheckAnswer:
    def difference(one: Difference | None) -> DifferenceAnswer | None:
        return None if one is None else {"step": one.step, "what": one.what, "where": one.where, "count": one.count}

    return {"equal": not (found.again or found.resumed), "steps": found.steps,
            "interrupted_after": found.interrupted_after, "machine": found.machine, "again": difference(found.again),
            "resumed": difference(found.resumed), "diverged": found.stopped}


def _show(found: Checkup) -> None:
    from dlrun.record.palette import BAD, GOOD
    from dlrun.record.terminal import paint

    def line(what: str, one: Difference | None) -> None:
        if one is None:
            say(f"{what:{width}}  {paint('equal, bit for bit', GOOD, sys.stdout)}")
        else:
            more = f" ({one.count} differ there)" if one.count > 1 else ""
            text = f"differs from step {one.step} on; first in the {one.what} of {one.where}{more}"
            say(f"{what:{width}}  {paint(text, BAD, sys.stdout)}")

    resumed = f"interrupted after step {found.interrupted_after} and resumed"
    width = len(resumed)
    say(f"{found.steps} step{'' if found.steps == 1 else 's'} on {found.machine}")
    line("the same again", found.again)
    if found.interrupted_after:
        line(resumed, found.resumed)
    if found.stopped:
        say(f"training ended there: {found.stopped}")
