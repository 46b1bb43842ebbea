"""The folds of a run that are trained side by side, as one program (`engine.packed`)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from dlrun.assembly.machine import Machine
from dlrun.engine.fit import Due
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.member import Member
from dlrun.engine.packed.pack import Pack, Run
from dlrun.engine.processes import Processes
from dlrun.preflight import speed
from dlrun.preflight.checked import Checked
from dlrun.preflight.packs import alone, members, most, worth_a_trial
from dlrun.record.pack_place import COMPACTED, is_fixed, last_place


def fold_pack(checked: Checked, machine: Machine, stored: Mapping[str, Any] | None,
              processes: Processes, say: Callable[[str], None]) -> Member | None:
    """The place of a run's folds in a pack; None where they are trained one after another.

    `stored` is the provenance of the first start: what began one after another goes on so, and what began as a pack of
    the run's own too.  A trial that decides and was not made on this machine is made now; `say` hears what fails.
    """
    if isinstance(processes, Member):
        return processes  # among other jobs of a sweep
    chosen, parts = checked.config.pack, members(checked.config)
    place: dict[str, Any] = {COMPACTED: []} if stored is None else last_place(stored)
    if stored is not None:
        together = chosen != "never" and (place.get("slots"), place.get("slot")) == (parts, 0)
    else:
        if machine.device.type == "cpu" and worth_a_trial(checked, chosen, parts):
            from dlrun.run.trial import trial_of_command

            trial_of_command("packed", checked, say)
            if checked.config.speed == "auto" and speed.worth_a_trial(checked):
                trial_of_command("compiled", checked, say)
        gpu = machine.device.type == "cuda"
        together = (alone(checked, chosen, parts, gpu) is None and parts <= most(checked, chosen, gpu)
                    and machine.device.type != "mps")
    return Member(0, Layout(parts, fixed=is_fixed(place)), parts, {}) if together else None


def train_together(folds: Mapping[str, tuple[Member, Run]]) -> Generator[Due, Any, dict[str, Any]]:
    """What each fold, by its name, has returned, or the exception that it has raised."""
    layout = next(member.layout for member, _ in folds.values())
    ended = yield Pack({member.slot: run for member, run in folds.values()}, layout)
    return {name: ended[member.slot] for name, (member, _) in folds.items()}
