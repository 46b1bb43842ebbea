"""An ensemble in a folder: which runs, by their ids, and with which weights.  It is read as a run is."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.inference.ensemble.members import Member, load_members
from dlrun.inference.ensemble.same_rows import check_test
from dlrun.inference.load import Loaded, load_run
from dlrun.inference.trained_folder import ENSEMBLE, trained_folder
from dlrun.models.build import stateful
from dlrun.models.pretrained.find import is_base_name
from dlrun.record import digest
from dlrun.record.folder import write_text
from dlrun.record.stored import Damaged, mapping, read_file
from dlrun.tasks._base.task import Task

FORMAT = 1
AGAIN = "dlrun ensemble RUN RUN ... into=FOLDER  writes it again"


class EnsembleModule(nn.Module):
    """Several networks as one, whose outputs say the weighted mean of what they predict."""

    weights: Tensor

    def __init__(self, task: Task, models: Sequence[nn.Module], weights: Tensor):
        super().__init__()
        self.members = nn.ModuleList(models)
        self._task = task
        self.register_buffer("weights", weights)

    def forward(self, x: Tensor) -> Tensor:
        return self._task.averaged(torch.stack([self._task.predict(model, x).float() for model in self.members]),
                                   self.weights)


@dataclass(frozen=True)
class _Kept:
    """What the file says: where the members lie, as seen from it, their ids and weights."""

    folders: list[str]
    ids: list[str]
    weights: list[float]


def write(into: Path, members: Sequence[Member], weights: np.ndarray) -> Path:
    """Keep an ensemble in a folder that is new, empty or an ensemble's; where the file lies.

    Raises ConfigError as `check_folder` and `check_members` do.
    """
    check_folder(into)
    check_members(into, members)
    content = {"format": FORMAT, "members": [
        {"folder": os.path.relpath(member.folder.resolve(), into.resolve()), "id": _id(member.folder),
         "weight": float(weight)} for member, weight in zip(members, weights)]}
    into.mkdir(parents=True, exist_ok=True)
    write_text(into / ENSEMBLE, json.dumps(digest.sealed(content), indent=1) + "\n")
    return into / ENSEMBLE


def check_folder(into: Path) -> None:
    """Raise ConfigError for a folder that something else lies in."""
    if into.exists() and not (into.is_dir() and ((into / ENSEMBLE).is_file() or not any(into.iterdir()))):
        raise problem(f"into={into}", "expected a new or empty folder, or that of an ensemble; something else lies "
                                      "there")


def check_members(into: Path, members: Sequence[Member]) -> None:
    """Raise ConfigError for members that are no model of one input: that read rows each in their own way."""
    first = members[0]
    for member in members:
        if _inputs(member.run.kept) != _inputs(first.run.kept):
            raise problem(f"into={into}", f"{member.name} reads its rows otherwise than {first.name} (scale, "
                                          "vocabulary, columns): such members can be measured together, and are no "
                                          "model of one input")
        if stateful(member.run.model):
            raise problem(f"into={into}", f"{member.name} carries states from batch to batch, and is no model of rows")


def _inputs(kept: dict[str, Any]) -> dict[str, Any]:
    """What of a run decides which inputs rows become; equal for runs that are models of one input.

    What a series' file was like (its marks, what was dropped) is left out: a further file is checked with it, runs with
    other `dataset.drop` have the same inputs nevertheless, and runs of an older dlrun do not say it.
    """
    asked = kept["asked"]
    if "windows" not in asked:
        return kept
    return {**kept, "asked": {name: value for name, value in asked.items() if name != "reading"}}


def load_trained(path: Path, allow: tuple[str, ...] = (), weights: str = "measured") -> Loaded:
    """Load a run, an ensemble of runs as one, or the base of this name where there is no such folder.

    Raises ConfigError.
    """
    if not path.exists() and is_base_name(str(path)):
        from dlrun.inference.published import load_base

        if weights != "measured":
            raise problem(f"weights={weights}", "a base has its published weights alone")
        return load_base(str(path))
    if not (path / ENSEMBLE).is_file():
        return load_run(path, allow, weights)
    if weights != "measured":
        raise problem(f"weights={weights}", "expected a run; the members of an ensemble have the weights that they "
                                            "were measured with")
    kept, folders = read_file(path / ENSEMBLE, _parse, AGAIN), folders_of(path)
    for folder, known in zip(folders, kept.ids):
        if _id(folder) != known:
            raise Damaged(path / ENSEMBLE, f"its member {known} is not in {folder}", AGAIN)
    members = load_members(folders, allow)
    first = members[0].run
    if any(_inputs(member.run.kept) != _inputs(first.kept) for member in members):
        raise Damaged(path / ENSEMBLE, "its members have changed since", AGAIN)
    module = EnsembleModule(first.task, [member.run.model for member in members], torch.tensor(kept.weights))
    return Loaded(first.config, first.data_spec, module.eval(), first.task, first.rng, first.kept, seen=first.seen,
                  mixed=_mixed(members))


def _mixed(members: Sequence[Member]) -> tuple[Problem, ...]:
    try:
        check_test(members)
    except ConfigError as wrong:
        return tuple(wrong.problems)
    return ()


def folders_of(path: Path) -> list[Path]:
    """The folders of the members of an ensemble; of a run its own."""
    if not (path / ENSEMBLE).is_file():
        return [path]
    kept = read_file(path / ENSEMBLE, _parse, AGAIN)
    return [Path(os.path.normpath(path.resolve() / folder)) for folder in kept.folders]


def _id(folder: Path) -> str | None:
    """The id of the run in a folder; None where there is none."""
    try:
        found = trained_folder(folder).result()
    except Damaged:
        raise
    except ConfigError:
        return None
    return None if found is None else str(found["id"])


def _parse(data: bytes) -> _Kept:
    found: dict[str, Any] = digest.unsealed(mapping(data))
    if found["format"] != FORMAT:
        raise ValueError(f"its format is {found['format']}, of another dlrun")
    members = found["members"]
    return _Kept([str(member["folder"]) for member in members], [str(member["id"]) for member in members],
                 [float(member["weight"]) for member in members])
