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
        training.checkpoints.load(start.checkpoint, start.run_id)
    except (ValueError, RuntimeError, EOFError, UnpicklingError) as error:
        raise problem(str(start.checkpoint), f"{error}; force=true trains the run anew") from error
    if not own:
        training.checkpoints.saved = None  # nothing is saved yet in this run's own folder


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
                 f"resuming from epoch {epochs} of {called} (same settings, fewer epochs)")


def _same_code(stored: dict[str, Any]) -> bool:
    """Whether a run was made by this very dlrun: the release, and in a checkout the commit and the changes to it."""
    own = provenance({})
    return (stored.get("versions", {}).get("dlrun") == own["versions"]["dlrun"]
            and stored.get("code", {}).get("dlrun") == own["code"]["dlrun"])
