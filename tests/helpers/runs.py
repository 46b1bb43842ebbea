"""Runs as tests make them: a command in a process of its own, a model of a user's own, what a folder holds."""

from __future__ import annotations

import hashlib
import importlib
import sys
import time
from pathlib import Path

import torch

from dlrun.record.recorder import Recorder, RunInfo
from tests.helpers.forked import Forked, dlrun

OVERRIDES = ["dataset=digits", "model=dense", "model.hidden=[16]", "model.dropout=0.2", "batch_size=250"]  # 5 steps


class Notes(Recorder):
    """What a user is told at the start, and the threads that torch has then."""

    def start(self, info: RunInfo) -> None:
        self.notes, self.first_epoch, self.threads = list(info.notes), info.first_epoch, torch.get_num_threads()


def files(folder: Path) -> dict[str, str]:
    """The hash of every file in a folder, by its path."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(folder.rglob("*")) if p.is_file()}


def last_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The model's weights in last.pt."""
    return torch.load(folder / "checkpoints" / "last.pt", weights_only=True)["parts"]["model"]


def command(folder: Path, *overrides: str) -> Forked:
    """The command line in a process of its own, of the dlrun that is tested here; torch is loaded already."""
    return Forked(dlrun, *overrides, cwd=folder)


def wait_for(found, seconds: float = 60) -> None:
    """Return when `found()` is true; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


def custom(folder: Path, source: str, name: str) -> list[str]:
    """A user's model, and the overrides that choose it."""
    (folder / "mine.py").write_text(source)
    (folder / "configs" / "model" / "mine.yaml").write_text(f"_target_: mine.{name}\n")
    sys.modules.pop("mine", None)  # an earlier test's
    importlib.invalidate_caches()
    return ["model=mine", "allow=mine"]
