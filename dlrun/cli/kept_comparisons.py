"""Comparisons by the numbers that are kept of them: printed stands beside measured, and nothing is trained."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dlrun.cli.book_answer import answer, comparison_answer
from dlrun.cli.verb import Answer
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.books import PROFILES
from dlrun.record.terminal import say
from dlrun.report.book_text import print_comparison
from dlrun.report.experiments import BookExperiment, kept_beside, kept_verdicts
from dlrun.report.measurements import Measurements
from dlrun.report.verdicts import Verdicts

Kept = tuple[BookExperiment, Measurements, Verdicts]


def kept_answer(experiments: Sequence[tuple[BookExperiment, bool]], profile: str | None) -> Answer:
    """Kept numbers with their verdicts; without a profile those of the full one, of quick where no others are kept.

    Raises ConfigError for an experiment that was named (True) and has none; one that came with its book is left out.
    """
    found: list[Kept] = []
    wrong: list[Problem] = []
    for experiment, named in experiments:
        by_profile = kept_beside(experiment)
        chosen = next((name for name in ([profile] if profile else PROFILES) if name in by_profile), None)
        if chosen is not None:
            found.append((experiment, by_profile[chosen], kept_verdicts(experiment, by_profile[chosen])))
        elif named:
            wrong.append(Problem(experiment.name, _none(experiment, profile, list(by_profile))))
    if wrong:
        raise ConfigError(wrong)
    return Answer(lambda: answer(compared=[comparison_answer(experiment.name, verdicts)
                                           for experiment, _, verdicts in found]),
                  lambda: _show(found))


def _none(experiment: BookExperiment, profile: str | None, others: Sequence[str]) -> str:
    """Why there is nothing to print, and what there is."""
    if others:
        return f"no numbers of profile={profile} are kept; those of profile={others[0]} are"
    if experiment.book.needs:
        return f"no numbers of it are kept: it needs {experiment.book.needs}"
    return f"no numbers of it are kept; `dlrun book {experiment.name}` trains what is missing"


def _show(found: Sequence[Kept]) -> None:
    if not found:
        say("no numbers are kept of these")
    for number, (experiment, measurements, verdicts) in enumerate(found):
        if number:
            say()
        print_comparison(experiment.book, measurements, verdicts, sys.stdout)
