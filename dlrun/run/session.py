"""One training, from a checked configuration to its folder: a whole run, or a fold of a k-fold run."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from dlrun.assembly.allocator import keep_large_tensors
from dlrun.assembly.build_run import build_run
from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import Machine, begin_peak, choose, hardware
from dlrun.config.flat import flatten
from dlrun.data.inspection import inspect, not_compared
from dlrun.data.preprocessing_state import plain
from dlrun.diagnostics.plots import draw_start
from dlrun.engine.fit import Diverged, Due, Fit, Interrupted, execute, fit, fit_steps, leave_when
from dlrun.engine.processes import SINGLE, Processes
from dlrun.engine.signals import Signals
from dlrun.preflight.checked import Checked
from dlrun.preflight.threads import auto_threads
from dlrun.record.cores import cores
from dlrun.record.folder import RunFolder, clear, write_json, write_text
from dlrun.record.recorder import Recorder, Recorders
from dlrun.record.status import DONE, resuming
from dlrun.run.build_fit import build_fit
from dlrun.run.cannot_write import cannot_write
from dlrun.run.folder_state import truncate_to_checkpoint
from dlrun.run.formatting import first_line, run_info
from dlrun.run.header import Start, data_changed, notes_of_start, other_path, versions, write_header
from dlrun.run.resume import find_start, load

if TYPE_CHECKING:
    from dlrun.preflight.trials import Trial

Steps: TypeAlias = "Generator[Due, Any, dict[str, Any]]"  # of a run: each as it comes due, and the result at the end


def train_once(checked: Checked, run_id: str, folder: RunFolder, signals: Signals, recorder: Recorder,
               command: Sequence[str] | None, processes: Processes = SINGLE, until: int | None = None
               ) -> dict[str, Any]:
    """`train_steps`, with each step taken as it comes due."""
    return execute(train_steps(checked, run_id, folder, signals, recorder, command, processes, until))


def train_steps(checked: Checked, run_id: str, folder: RunFolder, signals: Signals, recorder: Recorder,
                command: Sequence[str] | None, processes: Processes = SINGLE, until: int | None = None) -> Steps:
    """Train and measure, from the start or from a checkpoint; the content of the folder's result.json.

    `until` is an epoch after which it is interrupted.

    Raises ConfigError, before anything is written, for data that is not there.  An exception of the model's or dlrun's
    own code is raised again when the result (status `failed`) has been written.  Of several processes one
    that does not lead has nothing to measure, and an empty result.
    """
    try:
        result = yield from _train_steps(checked, run_id, folder, signals, recorder, command, processes, until)
        processes.ended(result)
        return result
    except (RuntimeError, MemoryError) as error:
        if (folder.result() or {}).get("status") in DONE or not processes.leader:
            raise
        from dlrun.assembly.memory import before_training, is_out_of_memory

        if not is_out_of_memory(error):
            raise
        from dlrun.run.outcome import failed

        write_text(folder.traceback, traceback.format_exc())
        result = failed(checked.config, run_id, folder, first_line(error), "out_of_memory", before_training(checked))
        recorder.finish(result)
        return result


def _train_steps(checked: Checked, run_id: str, folder: RunFolder, signals: Signals, recorder: Recorder,
                 command: Sequence[str] | None, processes: Processes, until: int | None) -> Steps:
    config = checked.config
    if config.fork is not None and (config.force or not folder.last.is_file()):
        from dlrun.run.fork import begin, interrupted

        start = begin(config, folder, signals, recorder, lambda parent, again: train_once(
            parent.checked, parent.id, again, signals, Recorder(), command, until=parent.epoch))
        if start is None:
            return interrupted(config, run_id, folder, signals, recorder)
    else:
        start = processes.agree(lambda: Start() if config.force else find_start(
            config, run_id, folder, versions(), hardware(config.device), twins=processes.twins))
    most = max(1, cores() // processes.local)
    machine = choose(config, (start.stored or {}).get("threads"), auto_threads(checked, most=most))
    notes: list[str] = []
    if processes.data is None:  # the memory of runs that train side by side is not that of one
        begin_peak(machine.device)
    components = build_run(checked, machine, notes.append, processes.read_before(config))
    if processes.size == 1:  # of several one measures, and the others wait for it
        components.before_batch = partial(leave_when, signals)
        if config.model.has_base:
            from dlrun.run.base_features import plan_features

            plan_features(components, notes)
    machine = replace(machine, line=processes.with_world_size(machine.line))
    components.speed_path = processes.speed_path(components.speed_path)
    if start.run_id != run_id and start.lineage is None and data_changed(components.prepared, start):
        start = Start()  # the shorter run saw other data, and is none of ours
    notes += notes_of_start(config, components.prepared, start)
    compiled = False
    if processes.compiles and (config.speed != "plain" or "compiled" in (start.stored or {}).get("speed_path", "")):
        from dlrun.preflight.speed import compiles  # most runs are plain

        def measured() -> Trial | None:
            from dlrun.run.trial import trial

            return trial("compiled", checked, components, notes.append)

        compiled, note = compiles(checked, start.stored, machine.device.type, measured)
        notes += filter(None, [note])
    assert config.plain is not None
    components.remarks = inspect(components.prepared, flatten(config.plain))
    notes = [*checked.decided(), *notes, *config.task.advice(config)]
    if not folder.inside:  # of folds it is said once, of all rows
        notes += [*(remark.line for remark in components.remarks), *filter(None, [not_compared(components.prepared)])]
    if machine.device.type == "cpu" and (config.max_steps or config.train_size):
        from dlrun.preflight.measuring import measuring_note

        notes += filter(None, [measuring_note(checked)])
    if config.force and start.lineage is None:
        clear(folder)  # only now is it sure that the run can begin: what it replaces has been kept until here
    folder.make()
    keep_large_tensors(machine.device.type == "cpu")
    training = build_fit(components, machine, folder, run_id, signals, recorder, notes.append, compiled,
                         (start.stored or {}).get("speed_path"))
    training.pause_after = until
    notes += filter(None, [other_path(start, components.speed_path)])
    if start.lineage is not None:
        from dlrun.run.fork_state import load_fork

        notes += load_fork(training, start, config, folder, run_id, command)
    elif start.checkpoint is not None:
        load(training, start, own=start.run_id == run_id)
    if config.phases:
        from dlrun.run.phases import enter_phase

        enter_phase(training, components)
    processes.join(training, components.model, components.rng)
    if processes.data is not None:
        from dlrun.run.shared_measurements import share_measurements

        share_measurements(components, training, processes)
    if not processes.leader:
        with closing(_watch_cores(training, machine)):
            return _followed(training)
    truncate_to_checkpoint(folder)
    if note := training.checkpoints.rows.restore(training.checkpoints.loaded_rows, training.clock.epoch):
        notes.append(note)
    write_json(folder.fitted, plain(components.prepared), sync=False)
    write_header(config, components.prepared, folder, run_id, machine, start, command, components.remarks,
                 speed_path=components.speed_path, resident=components.resident, **checked.origins(),
                 **processes.facts())
    with closing(training.callbacks), closing(_watch_cores(training, machine)):
        training.recorder.start(run_info(components, machine, folder, training, notes))
        # Until this folder has a checkpoint of its own a start that was killed may have drawn and recorded nothing.
        if training.clock.step == 0 or training.checkpoints.saved is None or not any(folder.pictures.iterdir()):
            draw_start(components.view(folder, training.recorder, 0, training.step.cast))
        training.counts_memory = processes.data is None
        result, error = yield from _trained(components, training, machine, folder, run_id, signals)
        _finish(training, recorder, result)
    if error is not None:
        raise error
    return result


def _watch_cores(training: Fit, machine: Machine) -> Recorder:
    """Sees whether other work keeps the cores busy, where threads wait for one another; the caller closes it."""
    if machine.threads == 1 or machine.device.type != "cpu":
        return Recorder()
    from dlrun.engine.busy_cores import BusyCores

    watch = BusyCores(training.recorder.note)
    training.recorder = Recorders([training.recorder, watch])
    return watch


def _trained(components: RunComponents, training: Fit, machine: Machine, folder: RunFolder, run_id: str,
             signals: Signals) -> Generator[Due, Any, tuple[dict[str, Any], Exception | None]]:
    """Train and measure: the result, written, and the exception of a training that failed."""

    def end(status: str, sentence: str, **more: Any) -> dict[str, Any]:
        from dlrun.run.outcome import unfinished

        return unfinished(components, training, machine, folder, run_id, status, sentence, **more)

    try:
        if components.features is not None:
            from dlrun.run.base_features import use_features

            use_features(components, training)
        reason = yield from fit_steps(training)
        from dlrun.run.outcome import finished

        return finished(components, training, machine, folder, run_id, reason, training.recorder), None
    except Interrupted:
        return end("interrupted", f"interrupted by {signals.name} after step {training.clock.step:,}; "
                                  f"{resuming(components.config.force)} resumes there"), None
    except Diverged as diverged:
        saved = training.checkpoints.saved_step
        return end("diverged", f"{diverged}; the checkpoint of step {saved:,} is the last one before",
                   between=[diverged.first, diverged.last], checkpoint_step=saved), None
    except Exception as error:
        if cannot_write(error, folder) is not None:
            raise  # nor can this result
        from dlrun.assembly.memory import advice, is_out_of_memory, rows_that_fit

        if not is_out_of_memory(error):
            return end("failed", first_line(error), error=first_line(error)), error
        write_text(folder.traceback, traceback.format_exc())
        traceback.clear_frames(error.__traceback__)  # they hold the tensors of the step that did not fit
        rows = rows_that_fit(components, training.step)
        return end("out_of_memory",
                   f"out of memory at batch_size {components.config.batch_size}; {advice(components, rows)}",
                   fitted_batch_size=rows, error=first_line(error)), None


def _finish(training: Fit, recorder: Recorder, result: dict[str, Any]) -> None:
    """Tell callbacks and recorders the result, which is written: a callback that fails now cannot spoil it."""
    try:
        training.callbacks.finish(result)
    except Exception as error:
        recorder.note(f"a callback failed in finish: {first_line(error)}")
    recorder.finish(result)


def _followed(training: Fit) -> dict[str, Any]:
    """The loop of a process that does not lead: the leader says how it ends."""
    try:
        fit(training)
    except (Diverged, Interrupted):
        pass  # it came to all at the same step
    return {}
