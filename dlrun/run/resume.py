"""Where a run starts: from nothing, from its own checkpoint, or from another run with the same first steps."""

from __future__ import annotations

import os
from typing import Any

from dlrun.config.problem import problem
from dlrun.config.schema.root import Config
from dlrun.engine.checkpoint import verify
from dlrun.engine.fit import Fit
from dlrun.record.folder import RunFolder
from dlrun.record.manifest import CHANGED, changed
from dlrun.record.stored import Damaged
from dlrun.run.header import Start


def find_start(config: Config, run_id: str, folder: RunFolder, versions: dict[str, str], hardware: str,
               twins: bool = True) -> Start:
    """Where the run starts: its own checkpoint, or (`twins`) that of another run with the same first steps, or nothing.

    A fresh start has a note where an interrupted run beside it differs in a few keys, or a run in its code alone.
    """
    notes = [usable_checkpoint(folder)]
    if folder.last.is_file():
        stored, note = first_start(folder)
        if stored is None and not note:
            note = f"{folder.provenance.name} is missing: with how many threads the run began is not known any more"
        return Start(folder.last, run_id, stored, "; ".join(filter(None, [*notes, note])))
    if not folder.beside() or not twins:
        return Start()
    from dlrun.run.interrupted import interrupted_beside, other_code_beside
    from dlrun.run.twin import start_from_twin

    start = start_from_twin(config, folder, versions, hardware)
    return start if start.note else Start(
        note=other_code_beside(config, folder) or interrupted_beside(config, folder))


def usable_checkpoint(folder: RunFolder) -> str:
    """Make last.pt the newest checkpoint that is whole, and say what was wrong; "" for no checkpoint, or a whole one.

    Raises Damaged where there is none to fall back to.
    """
    last, previous, then = folder.last, folder.previous, "force=true trains the run again"
    if not last.is_file():
        if not previous.is_file():
            return ""
        wrong = "it is missing"
    else:
        try:
            return "" if verify(last) else f"{last.name} has no checksum (written by an older dlrun): it is unverified"
        except Damaged as damaged:
            wrong = damaged.wrong
            if not previous.is_file():
                raise Damaged(last, wrong, f"there is no checkpoint before it; {then}") from None
    try:
        verify(previous)
    except Damaged as damaged:
        raise Damaged(last, wrong, f"the one before ({previous.name}) is no better: {damaged.wrong}; {then}") from None
    os.replace(previous, last)
    return f"{last}: {wrong}; resuming from the checkpoint before"


def first_start(folder: RunFolder) -> tuple[dict[str, Any] | None, str]:
    """What provenance.json says of the first start, None without one; and a note where it is damaged."""
    try:
        stored = folder.origin()
        note = f"{folder.provenance.name}: {CHANGED}" if changed(folder.path, (folder.provenance.name,)) else ""
        return stored, note
    except FileNotFoundError:
        return None, ""
    except Damaged as damaged:
        return None, (f"{damaged.path.name} was damaged ({damaged.wrong}) and is written again: with how many threads "
                      "and on which data the run began is not known any more")


def load(training: Fit, start: Start, own: bool) -> None:
    """Restore the state that a start names; raises ConfigError for a checkpoint that is damaged or not this run's."""
    assert start.checkpoint is not None
    try:
        training.checkpoints.load(start.checkpoint, start.run_id)
    except Damaged:
        raise
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise problem(str(start.checkpoint), f"{error}; force=true trains the run again") from error
    if not own:
        training.checkpoints.saved = None  # nothing is saved yet in this run's own folder
