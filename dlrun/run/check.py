"""Trains a few steps twice, and once interrupted and resumed, and compares every bit of what was computed."""

from __future__ import annotations

import dataclasses
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dlrun.assembly.build_run import build_run
from dlrun.assembly.machine import choose, isolated_torch_state
from dlrun.config.identity import identity
from dlrun.config.schema.folds import folds_of
from dlrun.config.schema.kfold import KFold
from dlrun.engine.fit import Diverged, Interrupted, fit
from dlrun.engine.signals import Signals
from dlrun.preflight.checked import Checked
from dlrun.preflight.speed import compiles
from dlrun.preflight.threads import auto_threads
from dlrun.record.folder import RunFolder
from dlrun.record.lock import RunLock
from dlrun.record.recorder import Recorder
from dlrun.run.build_fit import build_fit
from dlrun.run.folder_state import truncate_to_checkpoint
from dlrun.run.header import Start
from dlrun.run.phases import enter_phase
from dlrun.run.resume import load
from dlrun.run.trajectory import Difference, Observer, Trajectory


@dataclass(frozen=True)
class Checkup:
    """What was found: steps taken, the step after which one training was interrupted (0: too few to be), where it ran,
    and where it first parted from itself, in a second training and in the resumed one."""

    steps: int
    interrupted_after: int
    machine: str
    again: Difference | None
    resumed: Difference | None
    stopped: str = ""


def check(checked: Checked, steps: int, say: Callable[[str], None]) -> Checkup:
    """Train `steps` steps of a command three times, in folders that are gone afterwards.

    Of a k-fold run the first fold is trained.  Raises ConfigError for data that is not there, KeyboardInterrupt where a
    signal comes.
    """
    config = checked.config
    if folds_of(config) is not None and isinstance(config.validation, KFold):
        config = dataclasses.replace(config, validation=dataclasses.replace(config.validation, fold=0, final=False))
    config = dataclasses.replace(config, max_steps=min(steps, config.max_steps or steps), max_seconds=None,
                                 test_at=(), histograms=False)
    checked = dataclasses.replace(checked, config=config)
    with tempfile.TemporaryDirectory(prefix="dlrun-check-") as place:
        first, machine, stopped = _trained(checked, Path(place, "first"), say)
        taken = max(first.steps, default=0)
        second, _, _ = _trained(checked, Path(place, "second"), say)
        half = taken // 2
        resumed = Trajectory()
        if half:
            folder = Path(place, "resumed")
            before, _, _ = _trained(checked, folder, say, half)
            after, _, _ = _trained(checked, folder, say)
            resumed.steps = {**before.steps, **after.steps}
        return Checkup(taken, half, machine, first.difference(second), first.difference(resumed), stopped)


def _trained(checked: Checked, place: Path, say: Callable[[str], None],
             until: int | None = None) -> tuple[Trajectory, str, str]:
    """Train from the checkpoint that lies there, or from the start; what was computed, where, and why it diverged.

    `until` is the step after which a signal comes.
    """
    config, folder, run_id = checked.config, RunFolder(place), identity(checked.config)
    folder.make()
    with RunLock(place), isolated_torch_state(), Signals() as signals:
        machine = choose(config, auto_threads=auto_threads(checked))
        components = build_run(checked, machine, say)
        compiled, note = compiles(checked, None, machine.device.type)
        if note:
            say(note)
        training = build_fit(components, machine, folder, run_id, signals, Recorder(), say, compiled)
        training.step.one_by_one()
        if folder.last.is_file():
            load(training, Start(folder.last, run_id), own=True)
            truncate_to_checkpoint(folder)
            training.checkpoints.rows.restore(training.checkpoints.loaded_rows, training.clock.epoch)
        enter_phase(training, components)
        observer = Observer(training, components.model)

        def interrupt(step: int) -> None:
            if step == until:
                signals.received = signal.SIGTERM

        training.callbacks.updates = [*training.callbacks.updates, interrupt]
        diverged = ""
        try:
            fit(training)
        except Interrupted:
            if training.clock.step != until:
                raise KeyboardInterrupt from None
        except Diverged as error:
            diverged = str(error)
        return observer.trajectory, machine.line, diverged
