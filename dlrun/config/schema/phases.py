"""The key `phases`: what changes at an epoch, within one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import flag, integer, mapping, number, texts
from dlrun.config.schema.quoting import Origin, nowhere
from dlrun.config.schema.reader import read_members


@dataclass(frozen=True)
class Phase:
    """What holds from an epoch on; what a phase does not say stays as it was before."""

    epoch: int = integer(1, "The first epoch of the phase, counted from 1.", low=1)
    lr: float | None = number(None, "Learning rate, in place of optimizer.lr; those of optimizer.lr_of keep their "
                                    "ratio to it.", low=0, above=True)
    optimizer: dict[str, Any] | None = mapping(
        None, "Another optimizer, by its name or as {kind: sgd, momentum: 0.9}. It remembers nothing of the steps "
              "before; its rate is its own default where neither it nor lr says one.", holds="optimizer")
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
