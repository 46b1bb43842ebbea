"""The seeds that every combination of a sweep is trained with."""

from __future__ import annotations

from typing import Any

from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.quoting import show
from dlrun.sweep.request.axes import MAX_JOBS, axis_of
from dlrun.sweep.request.cli_overrides import CliOverrides
from dlrun.sweep.request.sweep_config import SweepConfig

SEED = "seed"


def read_seeds(value: Any) -> list[int]:
    """The seeds of a value of ``seeds``: n stands for 0 to n-1.  Raises ValueError.

    >>> read_seeds(3), read_seeds([7, 8]), read_seeds("1,2")
    ([0, 1, 2], [7, 8], [1, 2])
    """
    expected = "expected a number n for the seeds 0 to n-1, or a list of seeds"
    if isinstance(value, str):
        try:
            value = [choice.sets[SEED] for choice in axis_of(f"{SEED}={value}").choices]
        except ConfigError:
            raise ValueError(expected) from None
    count = value if _is_count(value) else len(value) if isinstance(value, (list, tuple)) else 0
    if count > MAX_JOBS:  # said before they are listed, which would take memory for each
        raise ValueError(f"it has {count:,} seeds; {MAX_JOBS:,} is the most")
    if _is_count(value) and value >= 1:
        return list(range(value))
    if isinstance(value, (list, tuple)) and value and all(_is_count(seed) and seed >= 0 for seed in value):
        return list(value)
    raise ValueError(expected)


def chosen_seeds(file: SweepConfig, cli: CliOverrides) -> tuple[list[int], list[Problem]]:
    """The seeds to cross with, if any: ``seeds=3`` or ``seed=0,1`` of the command line, else the file's."""
    typed = next((axis for axis in cli.axes if axis.keys == [SEED]), None)
    if typed is not None and typed.interval is not None:
        return [], [Problem(typed.given, "seeds are not drawn; expected their number or a list, as in  seeds=3")]
    if typed is not None and "seeds" in cli.settings:
        return [], [Problem(cli.given["seeds"], f"{typed.given} sets the seeds already")]
    if typed is not None:
        return [choice.sets[SEED] for choice in typed.choices] if typed.varies else [], []
    in_file = next((axis for axis in file.axes if SEED in axis.keys and not axis.rows), None)
    value, given = cli.settings.get("seeds"), cli.given.get("seeds", "")
    if value is None:
        value = file.settings.get("seeds")
        given = f"sweep.seeds={show(value)}"
        if value is None and in_file is not None and in_file.keys == [SEED]:
            return [choice.sets[SEED] for choice in in_file.choices], []
    if value is None:
        return [], []
    try:
        return read_seeds(value), []
    except ValueError as error:
        return [], [Problem(given, str(error))]


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
