"""The rows that a method looks at: a user's own files, or rows of the run's data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from dlrun.config.problem import problem
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.batches import Rows
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.streamed_rows import StreamedRows
from dlrun.inference.load import Loaded
from dlrun.inference.new_files import parts
from dlrun.inference.own_rows import own_rows

Say = Callable[[str], None]
PARTS = ("test", "val", "train")


class RowChoice(Protocol):
    """Which rows a method looks at: the options of `methods._base.RowsMethod`."""

    @property
    def rows(self) -> Sequence[int]:
        """Their places; empty for `count` of them."""

    @property
    def count(self) -> int:
        """How many."""

    @property
    def part(self) -> str | None:
        """Of which part."""


@dataclass(frozen=True)
class ShownRows:
    """Rows `x` as the network sees them (rows, ...), a name for each, and targets `y` where they are known."""

    x: Tensor
    y: Tensor | None
    names: list[str]

    def __len__(self) -> int:
        return len(self.names)


def of_files(run: Loaded, files: Sequence[Path], say: Say) -> ShownRows:
    """All rows of the user's own files; targets where each row has those of the run.  Raises ConfigError."""
    xs, ys, names = [], [], []
    for part in parts(run, files, say):
        truth = part.truth if part.truth is not None and len(part.truth) == len(part.split) else None
        x, y = _all(run, truth or part.split)
        xs.append(x)
        ys.append(y if truth is not None else None)
        names += [Path(name).name if Path(name).is_file() else name for name in part.names]
    known = [y for y in ys if y is not None]
    return ShownRows(torch.cat(xs), torch.cat(known) if len(known) == len(ys) else None, names)


def of_run(run: Loaded, chosen: RowChoice, say: Say, prepared: PreparedData | None = None) -> ShownRows:
    """The rows of the run's data that are chosen.  Raises ConfigError for rows that there are not."""
    prepared = prepared or own_rows(run, say)
    name, split = part_of(prepared, chosen.part)
    wrong = [row for row in chosen.rows if row >= len(split)]
    if wrong:
        raise problem(f"rows={wrong[0]}", f"expected rows from 0 to {len(split) - 1:,}, of the {name} part")
    places = chosen.rows or spread(len(split), chosen.count)
    x, y = as_rows(run, split).take(torch.tensor(places))
    return ShownRows(x, None if split.y is None and not split.form.next_tokens else y,
                     [f"{name} {place}" for place in places])


def part_of(prepared: PreparedData, name: str | None) -> tuple[str, Split]:
    """A part of the data and its name: the first that there is without one.  Raises ConfigError."""
    there = [known for known in PARTS if known in prepared.splits]
    if name is not None and name not in there:
        raise problem(f"part={name}", f"this run has no such rows; there are {', '.join(there)}")
    return name or there[0], prepared.splits[name or there[0]]


def as_rows(run: Loaded, split: Split) -> Rows:
    """A split with its way to what the network sees."""
    scale = preprocessing.scale(run.kept)
    if split.held:
        return Rows(split, scale, torch.device("cpu"), resident=False)
    return StreamedRows(split, scale, torch.device("cpu"), False, 0)


def spread(rows: int, count: int) -> list[int]:
    """The places of `count` rows, evenly spaced: of rows that lie class by class some of each class.

    >>> spread(10, 4), spread(2, 4)
    ([0, 3, 6, 9], [0, 1])
    """
    return sorted(set(np.linspace(0, rows - 1, min(rows, count)).round().astype(int).tolist()))


def _all(run: Loaded, split: Split) -> tuple[Tensor, Tensor]:
    return as_rows(run, split).range(0, len(split))
