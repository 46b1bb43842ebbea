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


def kept_answer(experiments: Sequence[BookExperiment], profile: str | None) -> Answer:
    """Kept numbers with their verdicts; without a profile those of the full one, of quick where no others are kept.

    Raises ConfigError for those of which none are kept.
    """
    found, wrong = [], []
    for experiment in experiments:
        try:
            found.append(_kept(experiment, profile))
        except ConfigError as problems:
            wrong += problems.problems
    if wrong:
        raise ConfigError(wrong)
    return Answer(lambda: answer(compared=[comparison_answer(experiment.name, verdicts)
                                           for experiment, _, verdicts in found]),
                  lambda: _show(found))


def _kept(experiment: BookExperiment, profile: str | None) -> Kept:
    by_profile = kept_beside(experiment)
    chosen = next((name for name in ([profile] if profile else PROFILES) if name in by_profile), None)
    if chosen is None:
        expected = f"no numbers of {'it' if not by_profile else f'profile={profile}'} are kept"
        if by_profile:
            expected += f"; those of profile={next(iter(by_profile))} are"
        elif experiment.book.needs:
            expected += f": it needs {experiment.book.needs}"
        else:
            expected += f"; `dlrun book {experiment.name}` trains what is missing"
        raise ConfigError([Problem(experiment.name, expected)])
    return experiment, by_profile[chosen], kept_verdicts(experiment, by_profile[chosen])


def _show(found: Sequence[Kept]) -> None:
    for number, (experiment, measurements, verdicts) in enumerate(found):
        if number:
            say()
        print_comparison(experiment.book, measurements, verdicts, sys.stdout)
