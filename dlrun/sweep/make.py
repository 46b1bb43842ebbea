"""From a command to its plan: read, cross, compose and check every job, before the first begins.  Knows no torch."""

from __future__ import annotations

from collections.abc import Sequence

from dlrun.config.check.allow import allow_typed
from dlrun.config.compose.session import hydra_started
from dlrun.config.problem import ConfigError
from dlrun.record.plan import Plan
from dlrun.sweep.plan.checking import Checker
from dlrun.sweep.plan.grid import cross
from dlrun.sweep.plan.grid_plan import grid_plan
from dlrun.sweep.request.request import read_request


def make_plan(overrides: Sequence[str]) -> Plan:
    """The plan of a sweep's command line (without ``-m``); nothing is written.

    Raises ConfigError with everything that is wrong with any job, each with the job that has it.
    """
    allow_typed(overrides)
    with hydra_started():
        checker = Checker()
        request = read_request(overrides, checker.composer)
        if request.settings.search is not None:
            from dlrun.sweep.search.search_plan import search_plan

            return search_plan(overrides, request, checker)
        return grid_plan(overrides, request, checker)


def first_job(overrides: Sequence[str]) -> list[str]:
    """The overrides of the first job, which is not checked; raises ConfigError for a command that is no sweep's."""
    with hydra_started():
        request = read_request(overrides, Checker().composer)
        specs, problems = cross(request)
    if request.problems or problems:
        raise ConfigError(request.problems + problems)
    return list(specs[0].overrides)
