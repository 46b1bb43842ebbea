"""One run, from a checked configuration to its folder.  Single commands and jobs of a sweep both pass here."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from dlrun.config.identity import identity, prefix_identity, run_name
from dlrun.config.problem import Problems, problem
from dlrun.config.root import Config
from dlrun.engine.fit import Diverged, Interrupted, fit
from dlrun.engine.signals import Signals
from dlrun.record.board import Board
from dlrun.record.console import Console, show_result
from dlrun.record.folder import RunFolder, clear, read_json, write_json, write_text
from dlrun.record.lock import RunLock
from dlrun.record.provenance import provenance
from dlrun.record.recorder import Recorder, Recorders
from dlrun.record.status import AGAIN, DONE
from dlrun.run.assemble import Parts, assemble
from dlrun.run.lines import run_info
from dlrun.run.machine import Machine, apart, choose, hardware
from dlrun.run.outcome import diagnosis, failed, finished, unfinished
from dlrun.run.preflight import Checked
from dlrun.run.resume import Start, cut, find_start, leave, load, missing
from dlrun.run.show import View, at_start
from dlrun.run.threads import auto_threads
from dlrun.run.training import train


@dataclass(frozen=True)
class Outcome:
    """What became of a run: its folder, its result.json, and the exit code it stands for."""

    folder: Path
    result: dict[str, Any]
    exit_code: int
    found: bool = False  # it had been done before


def run_folder(config: Config) -> tuple[str, RunFolder]:
    """The id of a run and its folder; both follow from the configuration alone."""
    run_id = identity(config)
    return run_id, RunFolder(Path(config.output_dir).expanduser() / run_name(config) / run_id)


def run(checked: Checked, command: Sequence[str] | None = None, recorders: Sequence[Recorder] | None = None) -> Outcome:
    """Train what a command asks for, or find that it is done; raises Problems for data that is not there.

    Raises record.lock.Busy where another process works in the run's folder.  An exception of the model's or
    dlrun's own code is written to the run's folder (status `failed`) and goes on up.
    """
    config = checked.config
    run_id, folder = run_folder(config)
    new = missing(folder)
    with RunLock(folder.path):
        result = None if config.force else _result(folder)
        if result is not None and result["status"] in DONE:
            show_result(result, folder.path)
            return Outcome(folder.path, result, _exit_code(result), found=True)
        shown = recorders or [Console(), Board(every=config.log_every or 0)]
        with apart(), Signals() as signals, closing(Recorders(shown)) as recorder:
            try:
                result = _train(checked, run_id, folder, signals, recorder, command)
            except Problems:
                leave(folder, new)
                raise
            except Exception as error:
                write_text(folder.traceback, traceback.format_exc())
                if (folder.result() or {}).get("status") != "failed":  # it failed before there was anything to train
                    failed(config, run_id, folder, _first_line(error))
                raise
            if result["status"] == "diverged":
                write_text(folder.traceback, diagnosis(result))
        # Who asked for an end gets the signal's code, also where the run was just done: a sweep has to stop too.
        return Outcome(folder.path, result, signals.exit_code or _exit_code(result))


def _result(folder: RunFolder) -> dict[str, Any] | None:
    try:
        return folder.result()
    except ValueError as error:
        raise problem(str(folder.result_file), f"it is not readable ({error}); delete it to go on from the "
                                               "checkpoint, or train anew with  force=true") from None


def _train(checked: Checked, run_id: str, folder: RunFolder, signals: Signals, recorder: Recorder,
           command: Sequence[str] | None) -> dict[str, Any]:
    config = checked.config
    versions = {"torch": str(torch.__version__)}
    start = Start() if config.force else find_start(config, run_id, folder, versions, hardware(config.device))
    machine = choose(config, (start.stored or {}).get("threads"), auto_threads(checked))
    notes: list[str] = []
    parts = assemble(checked, machine, notes.append)
    if start.run_id != run_id and _data_changed(parts, start):
        start = Start()  # the shorter run saw other data, and is none of ours
    notes += _notes(parts, start)
    if config.force:  # only now is it sure that the run can begin: what it replaces has been kept until here
        clear(folder)
    folder.make()
    training = train(parts, machine, folder, run_id, signals, recorder, notes.append)
    if start.checkpoint is not None:
        load(training, start, own=start.run_id == run_id)
    cut(folder, training.clock.epoch)
    _write_head(parts, folder, run_id, machine, start, versions, command)
    recorder.start(run_info(parts, machine, folder, training, notes))
    if training.clock.step == 0 or not any(folder.pictures.iterdir()):
        at_start(View(parts, folder, recorder, 0, training.step.cast))
    try:
        reason = fit(training)
        result = finished(parts, training, machine, folder, run_id, reason, recorder)
    except Interrupted:
        result = unfinished(parts, training, machine, folder, run_id, "interrupted",
                            f"interrupted by {signals.name} after step {training.clock.step:,}; "
                            "the same command goes on from there")
    except Diverged as end:
        result = unfinished(parts, training, machine, folder, run_id, "diverged",
                            f"{end}; the checkpoint of step {training.keeper.saved_step:,} is the last one before",
                            between=[end.first, end.last], checkpoint_step=training.keeper.saved_step)
    except Exception as error:
        from dlrun.run.memory import is_out_of_memory, rows_that_fit

        if is_out_of_memory(error):
            write_text(folder.traceback, traceback.format_exc())
            traceback.clear_frames(error.__traceback__)  # they hold the tensors of the step that did not fit
            fitted = rows_that_fit(parts)
            said = f"{fitted} rows at a time would have fitted" if fitted else "not even one row fitted"
            result = unfinished(parts, training, machine, folder, run_id, "out_of_memory",
                                f"out of memory at batch_size {config.batch_size}; {said}", fitted_batch_size=fitted,
                                error=_first_line(error))
        else:
            result = unfinished(parts, training, machine, folder, run_id, "failed", _first_line(error),
                                error=_first_line(error))
            recorder.finish(result)
            raise
    recorder.finish(result)
    return result


def _write_head(parts: Parts, folder: RunFolder, run_id: str, machine: Machine, start: Start,
                versions: dict[str, str], command: Sequence[str] | None) -> None:
    """config.yaml and provenance.json; a resumed run adds to the list of its starts and keeps the first."""
    config = parts.config
    write_text(folder.config, yaml.safe_dump(config.plain, sort_keys=False, allow_unicode=True))
    write_json(folder.path / "fitted.json", parts.prepared.fitted())
    here = provenance({
        "id": run_id, "prefix": prefix_identity(config), "test_at": list(config.test_at), "seed": config.seed,
        "device": machine.line, "hardware": hardware(config.device), "threads": machine.threads,
        "speed_path": parts.speed_path, "resident": parts.resident,
        "data": {"hash": parts.prepared.hash, "files": parts.prepared.files, "label": parts.prepared.label},
    }, versions=versions, command=command)
    own = folder.provenance.is_file() and read_json(folder.provenance)
    if own and start.run_id == run_id:
        again = own.get("resumed", []) + [{k: here[k] for k in ("started", "device", "host", "versions")}]
        here = {**own, "resumed": again}
    elif start.note:
        here["continues"] = start.run_id
    write_json(folder.provenance, here)


def _notes(parts: Parts, start: Start) -> list[str]:
    """What a resumed run has to say; raises Problems where its data is no longer what it was."""
    asked, before = parts.config.threads, (start.stored or {}).get("threads")
    notes = [start.note] if start.note else []
    if _data_changed(parts, start):
        raise problem(f"dataset={parts.config.dataset.name}",
                      "the data has changed since this run began; force=true trains it anew")
    if getattr(parts.config.task, "clip", None) and getattr(parts.config.optimizer, "beta1", 0):
        notes.append("clipped weights and momentum seldom train together; optimizer=rmsprop, or optimizer.beta1=0")
    if asked != "auto" and before not in (None, asked):
        notes.append(f"threads={asked} is not taken: the run began with {before}, and others give other bits")
    for what, now in (("speed_path", parts.speed_path), ("torch", str(torch.__version__))):
        then = (start.stored or {}).get(what) or (start.stored or {}).get("versions", {}).get(what)
        if then not in (None, now):
            notes.append(f"the run began with {what} {then}, now it is {now}: its bits may differ from here on")
    return notes


def _data_changed(parts: Parts, start: Start) -> bool:
    return (start.stored or {}).get("data", {}).get("hash", parts.prepared.hash) != parts.prepared.hash


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _exit_code(result: dict[str, Any]) -> int:
    return 1 if result["status"] in AGAIN else 0
