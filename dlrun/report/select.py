"""Filters of runs: ``status=failed model=cnn optimizer.lr=0.1``, or a part of a name or an id."""

from __future__ import annotations

from collections.abc import Sequence

from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import GROUPS
from dlrun.report.run import Run
from dlrun.report.settings import word

_OWN = ("status", "id", "name")


def select(runs: Sequence[Run], filters: Sequence[str]) -> list[Run]:
    """The runs that match all `filters`; raises ConfigError for a key that no run has."""
    known = {key for run in runs for key in run.config} | {*_OWN, *GROUPS}
    keys = [given.partition("=")[0] for given in filters if "=" in given]
    wrong = [Problem(key, f"no run has this key{did_you_mean(key, known)}") for key in keys if key not in known]
    if wrong:
        raise ConfigError(wrong)
    return [run for run in runs if all(_fits(run, given) for given in filters)]


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
