"""The optimizers of a run whose phases change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.kinds import OptimizerKind
from dlrun.config.schema.optimizer import player_optimizer
from dlrun.config.schema.phases import Phase
from dlrun.config.schema.quoting import Origin
from dlrun.config.schema.root import Config


def optimizers(phases: Sequence[Phase], chosen: OptimizerKind) -> list[OptimizerKind]:
    """The optimizer before the first phase, and that of each phase, with the rates that hold in it.

    What a phase leaves open stays as it was: of the same kind all keys, of another one clipping, and the ratio of
    `lr_of` to the rate.  Raises ConfigError for wrong keys and values.
    """
    found: list[Any] = [chosen]
    for place, phase in enumerate(phases):
        before = found[-1]
        now: Any = player_optimizer(phase.optimizer, before, f"phases[{place}].optimizer")
        if phase.lr is not None:
            now = replace(now, lr=phase.lr)
        if before.lr_of and "lr_of" not in (phase.optimizer or {}):
            now = replace(now, lr_of={name: rate * now.lr / before.lr for name, rate in before.lr_of.items()})
        found.append(now)
    return found


def optimizer_place(phases: Sequence[Phase], epoch: int) -> int:
    """Which of `optimizers` moves the weights in an epoch: the place of the last one that a phase has brought.

    >>> optimizer_place([Phase(2, lr=0.1), Phase(4, optimizer={"kind": "sgd"}), Phase(6, lr=0.01)], 7)
    2
    """
    brought = [place for place, phase in enumerate(phases, 1) if phase.epoch <= epoch and phase.optimizer]
    return brought[-1] if brought else 0


def clashes(config: Config, origin: Origin) -> Iterator[Problem]:
    """What is wrong with the optimizers of the phases, and those that a run cannot change to."""
    try:
        found = optimizers(config.phases, config.optimizer)
    except ConfigError as wrong:
        yield from wrong.problems
        return
    for place, (phase, kind) in enumerate(zip(config.phases, found[1:])):
        if phase.optimizer and kind.needs_closure != config.optimizer.needs_closure:
            yield Problem(f"phases[{place}].optimizer.kind={kind.kind}", f"a run does not change between "
                          f"{config.optimizer.kind} and {kind.kind}: one of them evaluates a batch several times")
        elif phase.optimizer:
            yield from (Problem(f"phases[{place}].{one.given}", one.expected) for one in kind.clashes(config, origin))
