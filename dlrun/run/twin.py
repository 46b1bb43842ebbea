"""A run beside this one that has taken the first steps of this one: finished with fewer epochs, or interrupted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dlrun.config.identity import prefix_identity
from dlrun.config.schema.root import Config
from dlrun.engine.checkpoint import read, verify
from dlrun.record.folder import RunFolder
from dlrun.record.lock import at_work
from dlrun.record.manifest import CHANGED, changed
from dlrun.record.metrics import MetricsFile
from dlrun.record.neighbours import same_steps
from dlrun.record.provenance import other_code
from dlrun.record.stored import Damaged
from dlrun.run.header import Start


@dataclass(frozen=True)
class Twin:
    """How far a run has come: whole epochs, and steps in all."""

    folder: RunFolder
    stored: dict[str, Any]
    epoch: int
    step: int
    interrupted: bool


def start_from_twin(config: Config, folder: RunFolder, versions: dict[str, str], hardware: str) -> Start:
    """The start from the twin that has come furthest and whose checkpoint is whole; one from nothing without a twin.

    The twin's folder stays as it is: its metrics and its checkpoint are copied.  The copy is a file that the next
    clean-up of the folder removes.
    """
    damaged = []
    for twin in sorted(_twins(config, folder, versions, hardware), key=lambda twin: -twin.step):
        try:
            if not verify(twin.folder.last):  # of an older dlrun, whose checkpoints do not hold the rows
                MetricsFile(twin.folder.metrics).require(twin.epoch)
            if changed(twin.folder.path, (twin.folder.provenance.name,)):
                raise Damaged(twin.folder.provenance, CHANGED)
        except (Damaged, FileNotFoundError) as error:
            wrong = f"{error.path.name}: {error.wrong}" if isinstance(error, Damaged) else "its checkpoint is gone"
            damaged.append(f"{_called(twin)} is not resumed from ({wrong})")
            continue
        start = _copied(twin, folder)
        return replace(start, note="; ".join([*damaged, start.note]))
    return Start(note="; ".join(damaged))


def _copied(twin: Twin, folder: RunFolder) -> Start:
    folder.make()
    # The checkpoint first: rows that came later are cut off again.
    checkpoint = folder.checkpoints / ".start.tmp"
    shutil.copyfile(twin.folder.last, checkpoint)
    shutil.copyfile(twin.folder.metrics, folder.metrics)
    if twin.folder.sample_classifier.is_file():
        shutil.copyfile(twin.folder.sample_classifier, folder.sample_classifier)
    note = (f"resuming from step {twin.step:,} of {_called(twin)} (same settings but for the epochs; it was "
            "interrupted)" if twin.interrupted else
            f"resuming from epoch {twin.epoch} of {_called(twin)} (same settings, fewer epochs)")
    return Start(checkpoint, twin.stored["id"], twin.stored, note)


def _called(twin: Twin) -> str:
    return twin.folder.path.relative_to(twin.folder.run.parent).as_posix()


def _twins(config: Config, folder: RunFolder, versions: dict[str, str], hardware: str) -> Iterator[Twin]:
    """The runs whose every step this run would take too, on the same software and hardware, and alone as this one.

    They have fewer epochs behind them than this run will have, their tests at named epochs are those that this run
    makes, their threads are not contradicted, and nobody trains them now.
    """
    prefix = prefix_identity(config)
    for other in same_steps(folder, prefix) if prefix is not None else ():
        if not (other.last.is_file() and other.provenance.is_file() and other.metrics.is_file()):
            continue
        try:
            stored, result = other.origin(), other.result() or {}
        except (ValueError, FileNotFoundError):  # a broken file is for its own command to report
            continue
        if (stored.get("hardware") != hardware or stored.get("pack") is not None
                or config.threads not in ("auto", stored.get("threads"))
                or any((stored.get("versions") or {}).get(name) != version for name, version in versions.items())):
            continue
        twin = _progress(other, stored, result)
        if twin is None or not (twin.step > 0 and twin.epoch < config.epochs):
            continue
        tested, tests = ({at for at in epochs if at <= twin.epoch} for epochs in (stored.get("test_at", ()),
                                                                                  config.test_at))
        if tested == tests and other_code(stored, other.run) is None:
            yield twin


def _progress(other: RunFolder, stored: dict[str, Any], result: dict[str, Any]) -> Twin | None:
    """How far a run has come that has finished, or was interrupted or killed; None for any other."""
    status = result.get("status", "interrupted")
    if status == "finished":
        return Twin(other, stored, result.get("epochs") or 0, result.get("steps") or 0, interrupted=False)
    if status != "interrupted" or at_work(other.run):
        return None
    try:
        content = read(other.last)
        return Twin(other, stored, content["epoch"], content["step"], interrupted=True)
    except Exception:  # whatever torch raises for a file that is not readable: its own command reports it
        return None
