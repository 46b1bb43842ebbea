"""Filters of runs: ``status=failed model=cnn``, a part of a name or an id, or ``test/accuracy > 0.98 and seed = 1``."""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dlrun.config.compose.catalog import options
from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import GROUPS
from dlrun.config.settings import word
from dlrun.record.plan import SWEEPS, load
from dlrun.record.status import STATUSES
from dlrun.report.run import RUNNING, UNFINISHED, UNREADABLE, Run
from dlrun.report.values import names, value_of

_OWN = ("status", "id", "name", "tag")
_OF_SWEEP = re.compile(r"sweep(=|!=)(.*)")
_SIGNS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
_CLAUSE = re.compile(r"\s*([\w/@.-]+)\s*(>=|<=|!=|>|<|=)\s*(.*?)\s*")
_STATUSES = tuple(status.replace("_", " ") for status in (*STATUSES, RUNNING, UNFINISHED, UNREADABLE))


def select(runs: Sequence[Run], filters: Sequence[str]) -> list[Run]:
    """The runs that match all `filters`; raises ConfigError for a key, a name or a word that is none.

    A value that could be there, and is not, is no mistake: ``status=failed`` where no run has failed.
    """
    filters = [clause for given in filters for clause in _clauses(given)]
    wrong = [problem for given in filters for problem in _unknown(runs, given)]
    if wrong:
        raise ConfigError(wrong)
    return [run for run in runs if all(_fits(run, given) for given in filters)]


def of_sweeps(runs: Sequence[Run], filters: Sequence[str], below: Path) -> tuple[list[Run], list[str]]:
    """The runs of the sweeps that ``sweep=NAME`` names, of those in the folder `below`, and the other filters.

    With ``sweep!=NAME`` those that are no job of it.  Raises ConfigError for a sweep that is not there.
    """
    filters = [clause for given in filters for clause in _clauses(given)]
    for clause in filter(None, map(_OF_SWEEP.fullmatch, filters)):
        sign, name = clause.groups()
        place = below / SWEEPS / name
        if not name or not (place / "plan.json").is_file():
            there = sorted(path.parent.name for path in (below / SWEEPS).glob("*/plan.json"))
            raise ConfigError([Problem(clause[0], f"no such sweep in {below}{did_you_mean(name, there)}"
                                       + (f"; there are {', '.join(_first(set(there)))}" if there else ""))])
        plan = load(place.absolute())
        planned = {os.path.realpath(plan.run_folder(job)) for job in plan.jobs}
        runs = [run for run in runs if (os.path.realpath(run.folder) in planned) == (sign == "=")]
    return list(runs), [given for given in filters if not _OF_SWEEP.fullmatch(given)]


def _clauses(given: str) -> list[str]:
    """The parts of a query without blanks around their signs; what is none stays as it is."""
    parts = re.split(r"\s+and\s+", given.strip())
    found = [_CLAUSE.fullmatch(part) for part in parts]
    if not all(found) or len(parts) == 1 and found[0] and found[0][2] == "=" and " " not in given.strip():
        return [given]
    return [f"{clause[1]}{clause[2]}{clause[3]}" for clause in found if clause]


def _compared(given: str) -> re.Match[str] | None:
    """The key, sign and value of a clause that compares by another sign than =."""
    clause = _CLAUSE.fullmatch(given)
    return clause if clause and clause[2] != "=" else None


def _unknown(runs: Sequence[Run], given: str) -> Iterator[Problem]:
    """What is wrong with a filter whatever the runs are, or names one that is not there."""
    key, equals, expected = given.partition("=")
    known = {key for run in runs for key in run.config} | {*_OWN, *GROUPS, *names(run.result for run in runs)}
    if clause := _compared(given):
        if clause[2] != "!=" and clause[1] in (*_OWN, *GROUPS, "sweep"):
            yield Problem(given, f"expected = or != after {clause[1]}, which is a word")
        elif clause[1] not in known:
            yield Problem(clause[1], f"no run has this key or measure{did_you_mean(clause[1], known)}")
        elif clause[2] != "!=" and _number(clause[3]) is None:
            yield Problem(given, f"expected a number after {clause[2]}")
        return
    if equals and key not in known:
        yield Problem(key, f"no run has this key{did_you_mean(key, known)}")
    if not runs or any(_fits(run, given) for run in runs):
        return
    if not equals:
        called = dict.fromkeys(name for run in runs for name in (run.folder.parent.name, run.id,
                                                                *run.folder.parent.name.split("-")))
        hint = did_you_mean(given, called) or f"; names are {', '.join(_first({r.folder.parent.name for r in runs}))}"
        yield Problem(given, f"no run of {len(runs)} has this in its name or id{hint}")
    elif key == "status" and expected.replace("_", " ") not in _STATUSES:
        yield Problem(given, f"expected one of {', '.join(_STATUSES)}{did_you_mean(expected, _STATUSES)}")
    elif key == "tag":
        yield Problem(given, f"no run has it{did_you_mean(expected, {tag for run in runs for tag in run.tags.tags})}; "
                             f"dlrun tag RUN add={expected}  gives it to one")
    elif key in ("id", "name"):
        there = {run.id if key == "id" else run.folder.parent.name for run in runs}
        yield Problem(given, f"no run has it{did_you_mean(expected, there)}")
    elif key in GROUPS and expected not in options(key):
        yield Problem(given, f"no such {key}{did_you_mean(expected, options(key))}; the runs have "
                             f"{', '.join(_first({word(run.config, key) for run in runs} - {''}))}")


def _first(names: set[str]) -> list[str]:
    found = sorted(names)
    return found if len(found) <= 8 else [*found[:8], f"... ({len(found)})"]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _measured(run: Run, key: str) -> float | None:
    """A measure of a run that counts, or a setting that is a number."""
    value = run.config.get(key)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value_of(run.result, key) if run.counted else None


def _fits(run: Run, given: str) -> bool:
    if clause := _compared(given):
        if clause[2] == "!=":
            return not _fits(run, f"{clause[1]}={clause[3]}")
        value, bound = _measured(run, clause[1]), _number(clause[3])
        return value is not None and bound is not None and _SIGNS[clause[2]](value, bound)
    key, equals, expected = given.partition("=")
    if not equals:
        return given in run.name
    if key == "tag":
        return expected in run.tags.tags
    if key in _OWN:
        found = {"status": run.status, "id": run.id, "name": run.folder.parent.name}[key]
        return found.startswith(expected) if key == "id" else found.replace("_", " ") == expected.replace("_", " ")
    if key in GROUPS:
        return expected in (word(run.config, key), run.config.get(f"{key}.kind"))
    if key not in run.config:
        value = _measured(run, key)
        return value is not None and value == _number(expected)
    value = run.config[key]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(expected) == value
        except ValueError:
            return False
    if isinstance(value, str):
        return value == expected.strip()
    return show(value).replace(" ", "") == expected.replace(" ", "")
