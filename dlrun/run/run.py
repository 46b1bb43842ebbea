"""One run, from a checked configuration to its folder.  Single commands and jobs of a sweep both pass here.

A run that is done is answered from its folder, without torch.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun import registry
from dlrun.config.identity import identity, run_name
from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.root import Config
from dlrun.preflight.checked import Checked
from dlrun.record.console import Console, show_result
from dlrun.record.folder import RunFolder
from dlrun.record.lock import RunLock, Unwritable
from dlrun.record.manifest import CHANGED, changed
from dlrun.record.own_file import refuse_links
from dlrun.record.provenance import other_code
from dlrun.record.recorder import Recorder
from dlrun.record.status import DONE, FAILED, unmeasured
from dlrun.record.stored import Damaged
from dlrun.record.terminal import say
from dlrun.run.cannot_write import cannot_write
from dlrun.run.folder_state import folders_to_create, remove_halves, result_of

if TYPE_CHECKING:  # torch is loaded where there is something to train
    from dlrun.engine.fit import Due
    from dlrun.engine.processes import Processes
    from dlrun.engine.signals import Signals

Loading = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its folder, the content of result.json, the exit code of the command."""

    folder: Path
    result: dict[str, Any]
    exit_code: int
    found: bool = False  # it was done before, and nothing was trained


def recorders_of(config: Config) -> list[Recorder]:
    """What records a run beside its folder, as ``record`` names it; raises ConfigError for what is no Recorder."""
    found: list[Recorder] = []
    for name in config.record:
        kind = registry.load(name) if "." in name else registry.find("recorder", name)
        if not (isinstance(kind, type) and issubclass(kind, Recorder)):
            raise problem(f"record={name}", "expected a class of dlrun.record.recorder.Recorder")
        made = kind.of_run(config.log_every or 0)
        if name != "tensorboard":  # its file lies in the run's folder: where that fails the run cannot go on
            from dlrun.record.guarded import Guarded

            made = Guarded(name, made)
        found.append(made)
    return found


def run_folder(config: Config) -> tuple[str, RunFolder]:
    """The id of a run and its folder; both follow from the configuration alone."""
    run_id = identity(config)
    return run_id, RunFolder(Path(config.output_dir).expanduser() / run_name(config) / run_id)


def run(checked: Checked, command: Sequence[str] | None = None, recorders: Sequence[Recorder] | None = None,
        loading: Loading = nullcontext) -> Outcome:
    """`run_single_process`, or where torchrun has started several processes, the same by all of them together."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return run_single_process(checked, command, recorders, loading=loading)
    with loading():
        from dlrun.run.distributed import distributed, follow

    with distributed(checked.config) as processes:
        if not processes.leader:
            run_id, folder = run_folder(checked.config)
            return Outcome(folder.path, {}, follow(checked, run_id, processes))
        code = 1
        try:
            outcome = run_single_process(checked, command, recorders, processes)
            code = outcome.exit_code
            return outcome
        finally:
            processes.dismiss(code)


def run_single_process(checked: Checked, command: Sequence[str] | None = None,
                       recorders: Sequence[Recorder] | None = None, processes: Processes | None = None,
                       loading: Loading = nullcontext) -> Outcome:
    """`run_steps`, with each step taken as it comes due."""
    steps = run_steps(checked, command, recorders, processes, loading=loading)
    try:
        first = next(steps)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    from dlrun.engine.fit import execute

    return execute(steps, first)


def run_steps(checked: Checked, command: Sequence[str] | None = None, recorders: Sequence[Recorder] | None = None,
              processes: Processes | None = None, signals: Signals | None = None,
              loading: Loading = nullcontext) -> Generator[Due, Any, Outcome]:
    """Train what a command asks for, or find that it is done; raises ConfigError for data that is not there.

    `processes` are those of torchrun that train together.  `signals` are given where several runs train side by side:
    who drives them listens, and has isolated torch's state.  `loading` is entered where torch is loaded.

    Raises record.lock.Busy where another process works in the run's folder, CannotWrite where the disk is full or the
    folder is gone.  An exception of the model's or dlrun's own code is written to the run's folder (status `failed`)
    and is raised again.
    """
    run_id, folder = run_folder(checked.config)
    try:
        return (yield from _run(checked, run_id, folder, command, recorders, processes, signals, loading))
    except ConfigError:
        raise
    except Exception as error:
        cannot = cannot_write(error, folder, checked.config.force)
        if cannot is None:
            raise
        raise cannot from error


def _run(checked: Checked, run_id: str, folder: RunFolder, command: Sequence[str] | None,
         recorders: Sequence[Recorder] | None, processes: Processes | None, shared: Signals | None,
         loading: Loading) -> Generator[Due, Any, Outcome]:
    config = checked.config
    refuse_links(folder.path, *(folder.path / name for name in ("checkpoints", "pictures", "folds", "final")))
    new = folders_to_create(folder)
    if config.force or (result_of(folder) or {}).get("status") not in DONE:
        with loading():  # before anything is made: who ends it by then finds no trace
            import dlrun.run.training  # noqa: F401
    try:
        lock = RunLock(folder.path).__enter__()
    except Unwritable:
        result = None if config.force else result_of(folder)
        if result is None or result["status"] not in DONE or unmeasured(config.task.metrics, result):
            raise
        return _found(folder, result)
    with closing(lock):
        result = None if config.force else result_of(folder)
        if result is not None and result["status"] in DONE:
            for place in (folder, *map(RunFolder, (*folder.path.glob("folds/*"), folder.path / "final"))):
                remove_halves(place)  # of a process that was killed while it measured again
            if result["status"] in ("finished", "stopped") and unmeasured(config.task.metrics, result):
                with loading():
                    from dlrun.run.remeasure import add_metrics

                result = add_metrics(checked, folder, result)
            return _found(folder, result)
        from dlrun.run.training import train

        shown = recorders or [Console(), *recorders_of(config)]
        result, signal_code = yield from train(checked, run_id, folder, new, command, shown, processes, shared)
        # Who asked for an end gets the signal's code, also where the run was just done: a sweep has to stop too.
        return Outcome(folder.path, result, signal_code or _exit_code(result))


def _found(folder: RunFolder, result: dict[str, Any]) -> Outcome:
    """Show the result of a run that was done before, with notes where its files or dlrun's code have changed."""
    show_result(result, folder.path)
    for name in changed(folder.path) or ():
        say(f"{folder.path / name}: {CHANGED}; force=true trains the run again")
    try:
        made_by = other_code(folder.origin(), folder.path)
    except (FileNotFoundError, Damaged):
        made_by = None
    if made_by:
        say(f"it was made by {made_by}; force=true trains it again")
    return Outcome(folder.path, result, _exit_code(result), found=True)


def _exit_code(result: dict[str, Any]) -> int:
    return 1 if result["status"] in FAILED else 0


@contextmanager
def uncollected() -> Iterator[None]:
    """Load torch without collections of garbage, and keep what was loaded out of all later ones.

    It lives as long as the process; looking at its 200,000 objects takes a tenth of the time of loading torch, and a
    third of what a small run then needs up to its first step.  Where torch is loaded already nothing is changed.
    """
    if "torch" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
