"""The key `phases`: what changes at an epoch, within one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.fields import flag, integer, mapping, number, texts
from dlrun.config.schema.kinds import OptimizerKind
from dlrun.config.schema.quoting import Origin, nowhere
from dlrun.config.schema.reader import read_members

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config


@dataclass(frozen=True)
class Phase:
    """What holds from an epoch on; what a phase does not say stays as it was before."""

    epoch: int = integer(1, "The first epoch of the phase, counted from 1.", low=1)
    lr: float | None = number(None, "Learning rate, in place of optimizer.lr; those of optimizer.lr_of keep their "
                                    "ratio to it.", low=0, above=True)
    optimizer: dict[str, Any] | None = mapping(
        None, "Another optimizer, by its name or as {kind: sgd, momentum: 0.9}. It remembers nothing of the steps "
              "before; its rate is its own default where neither it nor lr says one.")
    augment: bool | None = flag(None, "Whether training rows are changed as the group augment says.")
    freeze: tuple[str, ...] = texts((), "Layers, blocks or modules that are not trained from here on, by names or "
                                        "patterns; a number of last blocks; all.", scalar=True, empty=True)
    unfreeze: tuple[str, ...] = texts((), "Those that are trained again.", scalar=True, empty=True)

    @property
    def changes(self) -> bool:
        """Whether it says anything."""
        said = self.lr is not None or self.augment is not None
        return said or bool(self.optimizer or self.freeze or self.unfreeze)


def read_phases(value: Any, problems: list[Problem], origin: Origin = nowhere) -> tuple[Phase, ...]:
    """The phases of a list, in the order of their epochs; what is wrong adds to `problems`."""
    if isinstance(value, tuple) and all(isinstance(phase, Phase) for phase in value):
        return value
    if isinstance(value, (list, tuple)):
        value = [{**phase, "optimizer": {"kind": phase["optimizer"]}} if isinstance(phase, Mapping) and
                 isinstance(phase.get("optimizer"), str) else phase for phase in value]
    found = tuple(Phase(**values) for values in read_members(Phase, value, "phases", problems, origin))
    for place, (before, after) in enumerate(zip(found, found[1:]), 1):
        if after.epoch <= before.epoch:
            problems.append(Problem(f"phases[{place}].epoch={after.epoch}", f"expected an epoch after {before.epoch}, "
                                    "where the phase before begins", origin("phases")))
    for place, phase in enumerate(found):
        if not phase.changes:
            problems.append(Problem(f"phases[{place}]", "expected what changes: lr, optimizer, augment, freeze or "
                                    "unfreeze", origin("phases")))
    return found


def optimizers(phases: Sequence[Phase], chosen: OptimizerKind) -> list[OptimizerKind]:
    """The optimizer before the first phase, and that of each phase, with the rates that hold in it.

    What a phase leaves open stays as it was: of the same kind all keys, of another one clipping, and the ratio of
    `lr_of` to the rate.  Raises ConfigError for wrong keys and values.
    """
    from dlrun.config.schema.optimizer import player_optimizer

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
