"""Where a run starts: from nothing, from its own checkpoint, or from a shorter run with the same first steps."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from dlrun.config.identity import prefix_identity
from dlrun.config.problem import problem
from dlrun.config.schema.root import Config
from dlrun.engine.fit import Fit
from dlrun.record.folder import RunFolder, read_json
from dlrun.record.metrics import cut_back
from dlrun.record.provenance import provenance


@dataclass(frozen=True)
class Start:
    """`checkpoint` is loaded before training (None for nothing); `run_id` is the id it was written under.

    `stored` is the provenance of the first start, for what has to stay as it was (threads); `note` tells the user.
    """

    checkpoint: Path | None = None
    run_id: str | None = None
    stored: dict[str, Any] | None = None
    note: str = ""


def find_start(config: Config, run_id: str, folder: RunFolder, versions: dict[str, str], hardware: str) -> Start:
    """How the run goes on; a fresh one looks for a shorter twin beside it."""
    if folder.last.is_file():
        stored = read_json(folder.provenance) if folder.provenance.is_file() else None
        return Start(folder.last, run_id, stored)
    return _twin(config, run_id, folder, versions, hardware) or Start()


def load(training: Fit, start: Start, own: bool) -> None:
    """Restore the state that a start names; raises ConfigError for a checkpoint that is not this run's."""
    assert start.checkpoint is not None
    try:
        training.keeper.load(start.checkpoint, start.run_id)
    except (ValueError, RuntimeError, EOFError, UnpicklingError) as error:
        raise problem(str(start.checkpoint), f"{error}; force=true trains the run anew") from error
    if not own:
        training.keeper.saved = None  # nothing is saved yet in this run's own folder


def _twin(config: Config, run_id: str, folder: RunFolder, versions: dict[str, str], hardware: str) -> Start | None:
    """The longest finished run whose every step this run would take too, on the same software and hardware.

    Its epochs are fewer, its tests at named epochs are those that this run makes, its threads are not
    contradicted.  It stays as it is: its metrics are copied, its checkpoint is only read.
    """
    prefix = prefix_identity(config)
    best: tuple[int, RunFolder, dict[str, Any]] | None = None
    if prefix is None:
        return None
    for twin in folder.beside():
        if not (twin.result_file.is_file() and twin.last.is_file() and twin.provenance.is_file()):
            continue
        result, stored = read_json(twin.result_file), read_json(twin.provenance)
        epochs = result.get("epochs") or 0
        if (stored.get("prefix") == prefix and result.get("status") == "finished" and 0 < epochs < config.epochs
                and {e for e in config.test_at if e <= epochs} == set(stored.get("test_at", ()))
                and config.threads in ("auto", stored.get("threads")) and stored.get("hardware") == hardware
                and all(stored.get("versions", {}).get(name) == version for name, version in versions.items())
                and (best is None or epochs > best[0]) and _same_code(stored)):
            best = (epochs, twin, stored)
    if best is None:
        return None
    epochs, twin, stored = best
    folder.make()
    shutil.copyfile(twin.metrics, folder.metrics)
    if twin.judge.is_file():
        shutil.copyfile(twin.judge, folder.judge)
    called = twin.path.relative_to(twin.run.parent).as_posix()
    return Start(twin.last, stored["id"], stored,
                 f"goes on from epoch {epochs} of {called}, which took the same steps")


def result_of(folder: RunFolder) -> dict[str, Any] | None:
    """The result that a folder holds, None without one; raises ConfigError for a file that is not readable."""
    try:
        return folder.result()
    except ValueError as error:
        raise problem(str(folder.result_file), f"it is not readable ({error}); delete it to go on from the "
                                               "checkpoint, or train anew with  force=true") from None


def _same_code(stored: dict[str, Any]) -> bool:
    """Whether a run was made by this very dlrun: the release, and in a checkout the commit and the changes to it."""
    own = provenance({})
    return (stored.get("versions", {}).get("dlrun") == own["versions"]["dlrun"]
            and stored.get("code", {}).get("dlrun") == own["code"]["dlrun"])


def missing(folder: RunFolder) -> list[Path]:
    """The folders that a run will have to make, innermost first."""
    path = folder.path.absolute()
    return [place for place in (path, *list(path.parents)[:2]) if not place.exists()]


def leave(folder: RunFolder, new: list[Path]) -> None:
    """Take away the folders that this start made and wrote nothing to: what could not begin leaves no trace."""
    if folder.path.absolute() not in new or [entry.name for entry in folder.path.iterdir()] != ["lock"]:
        return
    folder.lock.unlink()  # nobody else can hold it: the folder is as old as this start
    for place in new:
        if any(place.iterdir()):
            return
        place.rmdir()


def cut(folder: RunFolder, epoch: int) -> None:
    """Take back what was recorded after the checkpoint: those epochs will be trained again.

    Halves of files that a killed process was writing go too; the lock is held, so nobody is writing now.
    """
    for place in (folder.path, folder.checkpoints, folder.pictures):
        for half in place.glob(".*.tmp"):
            half.unlink()
    if folder.metrics.is_file():
        cut_back(folder.metrics, epoch)
    folder.result_file.unlink(missing_ok=True)
    folder.traceback.unlink(missing_ok=True)
