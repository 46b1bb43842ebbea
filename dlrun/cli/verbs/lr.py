"""`dlrun lr [overrides]`: a learning-rate range test, with picture and suggestion."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import integer, number, text
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.run.range_test import RangeTest


class LrAnswer(TypedDict):
    """A range test."""

    rates: list[float]
    losses: Annotated[list[float], "Of the batch that met each rate, before the update."]
    smoothed: list[float]
    suggestion: Annotated[float | None, "The rate at which the loss fell fastest; null where it fell nowhere."]
    configured: Annotated[float, "The optimizer.lr that the run would have."]
    ended: Annotated[str, "Why it ended before its last rate; empty where it did not."]
    file: Annotated[str, "The picture."]


@register("verb", "lr")
@dataclass(frozen=True)
class Lr(Verb):
    """A learning-rate range test: the rate grows at each step of one short training, and the loss says where it learns.

    A new network is trained for some steps while the rate rises from low to high by an equal factor. The suggestion is
    the rate at which the smoothed loss fell fastest (Smith 2017); it is of one seed and of the first steps alone, good
    to begin with. Schedule and warm-up of the run are left out. Nothing but the picture is kept.
    """

    overrides: tuple[str, ...] = positional(
        "key=value ...", "The overrides of the run.", overrides=True, offers=offers.overrides)
    low: float = number(1e-6, "The first rate.", low=0, above=True)
    high: float = number(1.0, "The last rate.", low=0, above=True)
    steps: int = integer(100, "Steps, one rate each.", low=10)
    out: str = text("lr.png", "The file of the picture.")
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("lr_find", "find_lr", "range_test", "lrfinder"), "lr")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun lr model=cnn dataset=mnist", "100 rates from 0.000001 to 1"),
        ("dlrun lr optimizer=sgd high=10 steps=200 out=sgd.png", "a wider range, more finely"),
    )
    answers: ClassVar[Any] = LrAnswer

    def answer(self) -> Answer:
        from dlrun.preflight.preflight import preflight
        from dlrun.run.run import uncollected

        out = Path(self.out).expanduser()
        if out.is_dir():
            raise problem(f"out={self.out}", "expected a file; this is a folder")
        if self.high <= self.low:
            raise problem(f"high={self.high:g}", f"expected a rate above low={self.low:g}")
        checked = preflight(self.overrides)
        with uncollected():
            from dlrun.run.range_test import range_test
        notes: dict[str, None] = {}
        found = range_test(checked, self.low, self.high, self.steps, notes.setdefault)
        for note in notes:
            say(note, file=sys.stderr)
        if not found.losses:
            raise problem(f"low={self.low:g}", f"{found.reason}, the first one")
        from dlrun.config.identity import run_name
        from dlrun.record.range_plot import save_range

        save_range(out, found.rates, found.losses, found.smoothed, found.suggestion, run_name(checked.config))
        configured = checked.config.optimizer.lr
        data: LrAnswer = {
            "rates": found.rates, "losses": found.losses, "smoothed": found.smoothed, "suggestion": found.suggestion,
            "configured": configured, "ended": found.reason, "file": str(out)}
        return Answer(lambda: data, partial(_show, found, configured, out))


def _show(found: RangeTest, configured: float, out: Path) -> None:
    from dlrun.record.terminal import columns, paint

    shown = sorted({round(place * (len(found.rates) - 1) / 11) for place in range(12)})
    rows = [["rate", "loss", "smoothed"]]
    rows += [[f"{found.rates[place]:.3g}", f"{found.losses[place]:.4g}", f"{found.smoothed[place]:.4g}"]
             for place in shown]
    say("\n".join(columns(rows, right=(0, 1, 2))))
    if found.reason:
        say(f"ended there: {found.reason}")
    if found.suggestion is None:
        say("no suggestion: the loss fell nowhere by a twentieth; try other low= and high=, or more steps=")
    else:
        say(paint(f"the loss fell fastest at  optimizer.lr={found.suggestion:g}", "bold", sys.stdout)
            + f"  (this run has {configured:g})")
    say(out)
