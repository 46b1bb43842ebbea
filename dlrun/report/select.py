"""Filters of runs: ``status=failed model=cnn optimizer.lr=0.1``, or a part of a name or an id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlrun.config.compose.catalog import options
from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import GROUPS
from dlrun.config.settings import word
from dlrun.record.status import STATUSES
from dlrun.report.run import RUNNING, UNFINISHED, UNREADABLE, Run

_OWN = ("status", "id", "name")
_STATUSES = tuple(status.replace("_", " ") for status in (*STATUSES, RUNNING, UNFINISHED, UNREADABLE))


def select(runs: Sequence[Run], filters: Sequence[str]) -> list[Run]:
    """The runs that match all `filters`; raises ConfigError for a key, a name or a word that is none.

    A value that could be there, and is not, is no mistake: ``status=failed`` where no run has failed.
    """
    wrong = [problem for given in filters for problem in _unknown(runs, given)]
    if wrong:
        raise ConfigError(wrong)
    return [run for run in runs if all(_fits(run, given) for given in filters)]


def _unknown(runs: Sequence[Run], given: str) -> Iterator[Problem]:
    """What is wrong with a filter whatever the runs are, or names one that is not there."""
    key, equals, expected = given.partition("=")
    if equals and key not in (known := {key for run in runs for key in run.config} | {*_OWN, *GROUPS}):
        yield Problem(key, f"no run has this key{did_you_mean(key, known)}")
    if not runs or any(_fits(run, given) for run in runs):
        return
    if not equals:
        names = dict.fromkeys(name for run in runs for name in (run.folder.parent.name, run.id,
                                                                *run.folder.parent.name.split("-")))
        hint = did_you_mean(given, names) or f"; names are {', '.join(_first({r.folder.parent.name for r in runs}))}"
        yield Problem(given, f"no run of {len(runs)} has this in its name or id{hint}")
    elif key == "status" and expected.replace("_", " ") not in _STATUSES:
        yield Problem(given, f"expected one of {', '.join(_STATUSES)}{did_you_mean(expected, _STATUSES)}")
    elif key in ("id", "name"):
        there = {run.id if key == "id" else run.folder.parent.name for run in runs}
        yield Problem(given, f"no run has it{did_you_mean(expected, there)}")
    elif key in GROUPS and expected not in options(key):
        yield Problem(given, f"no such {key}{did_you_mean(expected, options(key))}; the runs have "
                             f"{', '.join(_first({word(run.config, key) for run in runs} - {''}))}")


def _first(names: set[str]) -> list[str]:
    found = sorted(names)
    return found if len(found) <= 8 else [*found[:8], f"... ({len(found)})"]


def _fits(run: Run, given: str) -> bool:
    key, equals, expected = given.partition("=")
    if not equals:
        return given in run.name
    if key in _OWN:
        found = {"status": run.status, "id": run.id, "name": run.folder.parent.name}[key]
        return found.startswith(expected) if key == "id" else found.replace("_", " ") == expected.replace("_", " ")
    if key in GROUPS:
        return expected in (word(run.config, key), run.config.get(f"{key}.kind"))
    if key not in run.config:
        return False
    value = run.config[key]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(expected) == value
        except ValueError:
            return False
    return show(value) == expected.replace(" ", "")
