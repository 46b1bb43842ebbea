"""A table with its target column, read as the training's file was."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.kinds import DatasetKind
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.formats.columns import check_usable
from dlrun.data.formats.separated import Cells
from dlrun.data.formats.table_targets import TargetCells, column
from dlrun.data.prepared import Split
from dlrun.inference.units import Groups

Say = Callable[[str], None]


@dataclass(frozen=True)
class Table:
    """The cells of a file; `targets` are the columns of the truth, () where they are not all there (`lacking` says it).
    """

    kept: dict[str, Any]
    path: Path
    found: Cells
    targets: tuple[str, ...]
    lacking: str = ""

    def inputs(self, say: Say) -> Split:
        """The rows without their targets."""
        return preprocessing.of_cells(self.kept, self.found, self.path, say)

    def complete(self, say: Say, others: str = "left out") -> Table:
        """The rows that have their targets; raises ConfigError where the columns of the truth, or all cells, lack.

        `others` is what is said of the other rows.
        """
        if not self.targets:
            raise problem(str(self.path), self.lacking)
        return dataclasses.replace(self, found=self._cells().complete(say, others).found)

    def labelled(self, say: Say) -> Split:
        """The rows with their targets, as training has them; raises ConfigError for targets that do not fit the run."""
        return dataclasses.replace(self.inputs(say), y=self.truth(say))

    def truth(self, say: Say) -> np.ndarray:
        """The targets: places of classes (rows,), scaled numbers, 0 and 1 (rows, labels), or several (rows, heads)."""
        spec, scales, found = preprocessing.data_spec(self.kept), preprocessing.targets(self.kept), self._cells()
        if spec.target_kind == "number":
            return scales[0](found.values(say))
        if spec.target_kind != "several":
            return found.values(say)
        return np.stack([scale(column) for scale, column in zip(scales, found.values(say).T)], 1)

    def groups(self, name: str) -> Groups | None:
        """The groups that a column names; None without one."""
        if not name:
            return None
        check_usable(self.path, self.found, [name])
        return Groups(column(self.found, name, f"group={name}"), name)

    def _cells(self) -> TargetCells:
        reading = self.kept["asked"].get("reading", {})
        return TargetCells(preprocessing.data_spec(self.kept), reading, self.path, self.found, self.targets)


def of_table(kept: dict[str, Any], dataset: DatasetKind, path: Path, target: str, say: Say) -> Table:
    """The cells of a file; raises ConfigError for a file that is no table.

    `target` names the column of the truth where it is not called as in training.
    """
    found = preprocessing.cells_of(kept, path, say)
    names, lacking = _targets(kept, dataset, found.names, target)
    if target and lacking:
        raise problem(f"target={target}", lacking)
    return Table(kept, path, found, tuple(names), lacking)


def _targets(kept: dict[str, Any], dataset: DatasetKind, names: list[str], given: str) -> tuple[list[str], str]:
    """The columns of the truth, or [] and what is lacking."""
    spec = preprocessing.data_spec(kept)
    expected = {"number": [spec.target_name], "labels": list(spec.classes),
                "several": [head.name for head in spec.heads]}.get(spec.target_kind, [])
    if not any(expected):  # the name of a column of classes is no part of the spec
        expected = list(kept["asked"].get("reading", {}).get("target", ()))
    own = getattr(dataset, "target", "")
    if given and len(expected) > 1:
        return [], f"this run has several targets, {', '.join(expected)}; expected columns of these names"
    if given:
        expected = [given]
    elif not any(expected) and isinstance(own, str) and own and not own.lstrip("-").isdecimal():
        expected = [own]
    elif not any(expected):
        inputs = {column["name"] for column in kept["asked"]["columns"]}
        expected = [name for name in names if name not in inputs]
        if len(expected) != 1:
            return [], "expected the target beside the columns of the training; " + (
                f"target=COLUMN names it (there are {', '.join(expected)})" if expected else "there is no other column")
    lacking = [name for name in expected if names.count(name) != 1]
    if not lacking:
        return expected, ""
    near = "; there are several of this name" if lacking[0] in names else (
        did_you_mean(lacking[0], names) or f"; the columns are {', '.join(names)}")
    return [], f'expected the target "{lacking[0]}" beside the columns of the training{near}'
