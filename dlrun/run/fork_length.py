"""Whether a fork's own settings leave it a step to take: without one it would give its parent's numbers as its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.root import Config
from dlrun.preflight.steps import epoch_steps
from dlrun.run.build_fit import make_stopper
from dlrun.run.fork_anew import begins_anew


def require_steps(config: Config, before: Config, rows: Sequence[dict[str, Any]], count: int) -> None:
    """Raises ConfigError where a fork would end before its first step.

    `before` is the parent's configuration, `rows` are those of its metrics.jsonl up to the fork's beginning, `count`
    says how many training rows there are.
    """
    if wrong := list(_ends_at_once(config, before, rows, count)):
        raise ConfigError(wrong)


def _ends_at_once(config: Config, before: Config, rows: Sequence[dict[str, Any]], count: int) -> Iterator[Problem]:
    begun, seconds = len(rows), sum(row.get("seconds", 0) for row in rows)
    steps = begun * epoch_steps(dataclasses.replace(config, max_steps=None), count)
    if config.max_steps is not None and steps >= config.max_steps:
        yield Problem(f"max_steps={config.max_steps}", f"the fork begins after {steps:,} steps; expected more, or "
                                                       "max_steps=null")
    if config.max_seconds is not None and seconds >= config.max_seconds:
        yield Problem(f"max_seconds={config.max_seconds:g}", f"the fork begins after {seconds:.3g} seconds of training;"
                                                             " expected more, or max_seconds=null")
    target = config.early_stop.target
    if target is not None and "stopper" not in begins_anew(config, before, begun, ()):
        stopper = make_stopper(before)
        for row in rows:
            stopper.epoch(row["epoch"], row)
        stopper.config, stopper.wait = config.early_stop, 0
        if stopper.reason():
            yield Problem(f"early_stop.target={target:g}", f"{stopper.monitor} has reached it in the parent's epoch "
                                                           f"{stopper.best_epoch}; expected another, or null")
