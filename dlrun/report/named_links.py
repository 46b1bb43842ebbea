"""A folder of links to runs, named by what tells them apart: TensorBoard calls a run as its folder is called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from dlrun.report.differing import differing
from dlrun.report.run import Run

_LONGEST = 180  # characters of a name; file systems take 255 bytes


def names_of(runs: Sequence[Run]) -> list[str]:
    """A name for each run, all different: ``optimizer.lr=0.01 seed=0``, with the run's own where these differ."""
    several = len({run.folder.parent.name for run in runs}) > 1
    found = []
    for run, settings in zip(runs, differing(runs)):
        seed, _, others = settings.partition(" ") if settings.startswith("seed=") else ("", "", settings)
        parts = [run.folder.parent.name if several or not settings else "", others, seed]
        found.append(" ".join(filter(None, parts)).replace(os.sep, "_").replace("\0", "")[:_LONGEST])
    return [f"{name} {run.id}" if found.count(name) > 1 else name for run, name in zip(runs, found)]


def link_all(runs: Sequence[Run], into: Path) -> None:
    """Make `into` a folder of links to these runs and to nothing else.  Raises OSError where links can't be made."""
    into.mkdir(parents=True, exist_ok=True)
    links = dict(zip(names_of(runs), (run.folder.absolute() for run in runs)))
    for old in into.iterdir():
        if old.is_symlink() and links.get(old.name) != Path(os.readlink(old)):
            old.unlink()
    for name, folder in links.items():
        if not (into / name).is_symlink():
            (into / name).symlink_to(folder, target_is_directory=True)
