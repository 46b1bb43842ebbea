"""A k-fold run: one folder, one result, and inside it the training of each fold as a run of its own.

The loop knows nothing of it.  A fold that is done is not trained again, one that was interrupted resumes from its
checkpoint, and the run's result is computed again from the folders of all folds: so a run that is killed at any moment,
between two folds too, ends as if it had never been killed.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from dlrun.assembly.build_run import rows_of
from dlrun.assembly.machine import choose, isolated_torch_state
from dlrun.config.flat import flatten
from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.config.schema.folds import FINAL, fold_configs
from dlrun.config.schema.root import Config
from dlrun.data.inspection import inspect, not_compared
from dlrun.engine.processes import SINGLE, Processes
from dlrun.engine.signals import Signals
from dlrun.preflight.checked import Checked
from dlrun.preflight.preflight import stored as check_again
from dlrun.preflight.threads import auto_threads
from dlrun.record.folder import RunFolder, clear, write_result
from dlrun.record.manifest import CHANGED, changed
from dlrun.record.manifest import FILE as MANIFEST
from dlrun.record.metrics import read, write
from dlrun.record.own_file import to_disk
from dlrun.record.recorder import Recorder
from dlrun.record.remarks import of_folds
from dlrun.record.status import DONE, resuming, unmeasured
from dlrun.record.stored import Damaged
from dlrun.run.averages import best_of, folds_result, mean_curve, sentence
from dlrun.run.fold_pack import fold_pack, train_together
from dlrun.run.folder_state import remove_halves, result_of, truncate_to_checkpoint
from dlrun.run.formatting import first_line, folds_info
from dlrun.run.header import Start, notes_of_start, write_header
from dlrun.run.outcome import with_metrics
from dlrun.run.resume import first_start
from dlrun.run.session import Steps, train_steps


def folds(checked: Checked, run_id: str, folder: RunFolder, signals: Signals, recorder: Recorder,
          command: Sequence[str] | None, processes: Processes = SINGLE) -> Steps:
    """Train each fold that is not done, then all rows if that is asked for; the content of the run's result.json.

    They come one after another, or all at once as a pack (`fold_pack`).  A fold that does not come to its end ends the
    run, whose result names it.  Raises as `train_steps` does.
    """
    config = checked.config
    notes: list[str] = []
    stored, note = (None, "") if config.force else first_start(folder)
    start = Start(run_id=run_id if stored else None, stored=stored, note=note)
    if config.fork is not None and stored is None:
        from dlrun.run.fork import start_of_folds

        start = start_of_folds(config)
    machine = choose(config, (start.stored or {}).get("threads"), auto_threads(checked))
    pack = fold_pack(checked, machine, stored, processes, notes.append)
    rows = rows_of(config, notes.append)
    assert config.plain is not None
    on_data = inspect(rows, flatten(config.plain))
    notes = [*checked.decided(), *notes, *notes_of_start(config, rows, start), *(found.line for found in on_data),
             *filter(None, [not_compared(rows)])]
    if config.force:
        clear(folder)
    folder.path.mkdir(parents=True, exist_ok=True)
    truncate_to_checkpoint(folder)
    folder.metrics.unlink(missing_ok=True)  # made from those of the folds, at the end
    write_header(config, rows, folder, run_id, machine, start, command, on_data, **checked.origins(),
                 **(pack.facts() if pack else {}))
    for synced in to_disk(folder.path):  # before the folds, whose checkpoints wait for their own files only
        synced.result()
    recorder.start(folds_info(checked, rows, machine, folder, notes))
    done: dict[str, dict[str, Any]] = {}

    def end(status: str, reason: str, curve: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        whole = status in ("finished", "stopped")
        result = {**folds_result(config, run_id, machine.line, rows.label, done, curve, whole), "status": status,
                  "stop_reason": reason, **more}
        if whole:
            final, said = done.get(FINAL), {found.kind for found in on_data}
            result["remarks"] = (final or {}).get("remarks", []) if final else [
                remark.stored() for remark in (*on_data, *of_folds(list(done.values()), said))]
        result = with_metrics(result, config)
        recorder.outcome(result)
        write_result(folder, result)
        recorder.finish(result)
        return result

    configs = dict(fold_configs(config))

    def ready(name: str) -> Checked:
        own = dataclasses.replace(configs[name], threads=machine.threads)  # they decide bits: all folds take the same
        return dataclasses.replace(check_again(own.plain or {}), config=own)

    known = {name: _known(folder.fold(name), name, recorder) for name in configs}
    for name, result in known.items():
        if result and result["status"] in ("finished", "stopped") and unmeasured(config.task.metrics, result):
            from dlrun.run.remeasure import add_metrics

            remove_halves(folder.fold(name))  # of a process that was killed while it did this
            known[name] = add_metrics(ready(name), folder.fold(name), result)
    left = [name for name, result in known.items() if result is None]

    def one(name: str, who: Processes = SINGLE) -> Steps:
        with closing(recorder.fold(name, len(configs) - [*configs].index(name) - 1, len(left) if pack else 1)) as inner:
            own = ready(name)
            return (yield from train_steps(own, identity(own.config), folder.fold(name), signals, inner, command, who))

    together: dict[str, Any] = {}
    if pack and left and signals.received is None:
        parts = {name: pack.part(number) for number, name in enumerate(configs)}
        for name, result in known.items():
            if result is not None:
                parts[name].ended(result)
        together = yield from train_together({name: (parts[name], one(name, parts[name])) for name in left})
    for name in configs:
        place, result = folder.fold(name), known[name]
        if result is None:
            if name not in together and signals.received is not None:
                return end("interrupted", f"interrupted by {signals.name} before {called(name)}; "
                                          f"{resuming(config.force)} goes on there", [])
            try:
                if isinstance(ended := together.get(name), Exception):
                    raise ended
                with isolated_torch_state():
                    result = ended or (yield from one(name))
            except ConfigError:
                if start.lineage is not None:  # the parent's first epochs do not come out again here
                    clear(folder)
                raise
            except Exception as error:
                end("failed", f"{called(name)}: {first_line(error)}", [], error=first_line(error))
                raise
        recorder.fold_done(name, result)
        if result["status"] not in ("finished", "stopped"):
            if place.traceback.is_file():
                shutil.copyfile(place.traceback, folder.traceback)
            more = {key: result[key] for key in ("error", "fitted_batch_size") if key in result}
            reason = result["stop_reason"]
            if result["status"] == "interrupted":  # what resumes it is the run's command: a fold has no force
                reason = f"{reason.partition(';')[0]}; {resuming(config.force)} resumes there"
            return end(result["status"], f"{called(name)}: {reason}", [], **more)
        done[name] = result
    if config.fork is not None:
        from dlrun.run.fork_state import tell_parent

        for said in tell_parent(folder.origin()["fork"], folder, run_id, command):
            recorder.note(said)
    curves = [read(folder.fold(name).metrics) for name in done if name != FINAL]
    curve = mean_curve(curves)
    write(folder.metrics, curve)
    best = best_of(config, curve).get("epoch")
    for row in curve:
        recorder.epoch(row, best=row["epoch"] == best)
    _draw(config, curves, curve, folder, recorder)
    stopped = any(result["status"] == "stopped" for result in done.values())
    return end("stopped" if stopped else "finished", sentence(config, done), curve)


def _draw(config: Config, curves: list[list[dict[str, Any]]], mean: list[dict[str, Any]], folder: RunFolder,
          recorder: Recorder) -> None:
    """The curves of the monitor in all folds; a picture that cannot be drawn is reported and nothing else."""
    from dlrun.record.predicted import save_folds

    name = config.early_stop.monitor if config.early_stop.monitor in mean[-1] else "val/loss"
    path = folder.pictures / "folds.png"
    try:
        save_folds(path, [[row[name] for row in rows] for rows in curves], [row[name] for row in mean], name)
        recorder.picture("folds", mean[-1]["epoch"], path)
    except Exception as error:
        recorder.note(f"no picture of folds: {type(error).__name__}: {error}")


def _known(place: RunFolder, name: str, recorder: Recorder) -> dict[str, Any] | None:
    """The result of a fold that is done; raises Damaged where a file that numbers are made of has changed."""
    result = result_of(place)
    for file in changed(place.path) or () if result else ():
        again = f"delete the folder {place.path} to train {called(name)} again, or force=true trains all"
        if file in (MANIFEST, place.result_file.name, place.metrics.name):
            raise Damaged(place.path / file, CHANGED, again)
        recorder.note(f"{place.path / file}: {CHANGED}; {again}")  # no number of the run is made of it
    return result if result is not None and result["status"] in DONE else None


def called(name: str) -> str:
    """A fold's name in text."""
    return "the final fit" if name == FINAL else f"fold {name}"
