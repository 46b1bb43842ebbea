"""A table with its target column, read as the training's file was."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.kinds import DatasetKind
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.formats import labels
from dlrun.data.formats.columns import Missing, numbers
from dlrun.data.formats.numerals import Numerals, is_number, value
from dlrun.data.formats.separated import Cells
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

    def complete(self, say: Say) -> Table:
        """The rows that have their targets; raises ConfigError where the columns of the truth, or all cells, lack."""
        if not self.targets:
            raise problem(str(self.path), self.lacking)
        missing = Missing(self.kept["asked"].get("reading", {}).get("missing", ()))
        places = [self.found.names.index(name) for name in self.targets]
        holes = {place: missing.of(self.found, place) for place in places}
        there = [not any(row[place] in holes[place] for place in places) for row in self.found.rows]
        if not any(there):
            raise problem(str(self.path), f'no row has a value in "{self.targets[0]}"')
        if lost := there.count(False):
            say(f"{self.path.name}: {lost:,} rows without a target are left out (the first is {self.found.unit} "
                f"{self.found.lines[there.index(False)]})")
        rows = [row for row, whole in zip(self.found.rows, there) if whole]
        lines = [line for line, whole in zip(self.found.lines, there) if whole]
        return dataclasses.replace(self, found=dataclasses.replace(self.found, rows=rows, lines=lines))

    def labelled(self, say: Say) -> Split:
        """The rows with their targets, as training has them; raises ConfigError for targets that do not fit the run."""
        return dataclasses.replace(self.inputs(say), y=self.truth())

    def truth(self) -> np.ndarray:
        """The targets: places of classes (rows,), scaled numbers, 0 and 1 (rows, labels), or several (rows, heads)."""
        spec, scales = preprocessing.data_spec(self.kept), preprocessing.targets(self.kept)
        if spec.target_kind == "classes":
            return np.array(self._classes(self.targets[0], spec.classes), np.int64)
        if spec.target_kind == "number":
            return scales[0](np.array(self._numbers(self.targets[0]), np.float64))
        if spec.target_kind == "labels":
            return np.stack([np.array(self._on_off(name), np.uint8) for name in self.targets], 1)
        columns = [np.array(self._classes(name, head.classes) if head.classes else self._numbers(name), np.float64)
                   for name, head in zip(self.targets, spec.heads)]
        return np.stack([scale(column) for scale, column in zip(scales, columns)], 1)

    def groups(self, column: str) -> Groups | None:
        """The groups that a column names; None without one."""
        return Groups(self._column(column, f"group={column}"), column) if column else None

    def _column(self, name: str, given: str = "") -> list[str]:
        if self.found.names.count(name) != 1:
            why = "there are several" if name in self.found.names else (
                did_you_mean(name, self.found.names).lstrip("; ") or f"there are {', '.join(self.found.names)}")
            raise problem(given or f'the column "{name}"', f"expected a column of this name; {why}")
        place = self.found.names.index(name)
        return [row[place] for row in self.found.rows]

    def _classes(self, name: str, classes: Sequence[str]) -> list[int]:
        places = {known: place for place, known in enumerate(classes)}
        found = []
        for cell, line in zip(self._column(name), self.found.lines):
            known = cell if cell in places or not is_number(cell) else labels.class_name(value(cell))
            if known not in places:
                near = did_you_mean(cell, classes) or f"; they are {', '.join(classes[:20])}"
                raise problem(f'{cell!r} in {self.found.unit} {line}', f'expected a class of the run in "{name}"{near}')
            found.append(places[known])
        return found

    def _numbers(self, name: str) -> list[float]:
        reading, cells = self.kept["asked"].get("reading", {}), self._column(name)
        numerals = Numerals(reading.get("decimal", "auto"), self.found.separator, point=reading.get("point", False),
                            comma=reading.get("comma", False), trained=True)
        values = numbers(self.path, name, cells, self.found.lines, numerals, Missing(usual=()))
        if values is None:
            cell, line = next((cell, line) for cell, line in zip(cells, self.found.lines) if not is_number(cell))
            raise problem(f"{cell!r} in {self.found.unit} {line}", f'expected a number in the target column "{name}"')
        return values

    def _on_off(self, name: str) -> list[int]:
        cells = self._column(name)
        wrong = next((place for place, cell in enumerate(cells) if cell.lower() not in labels.ON_OFF), None)
        if wrong is not None:
            raise problem(f"{cells[wrong]!r} in {self.found.unit} {self.found.lines[wrong]}",
                          f'expected 0 or 1 (false, true, no, yes) in the label "{name}"')
        return [int(labels.ON_OFF[cell.lower()]) for cell in cells]


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
    own = getattr(dataset, "target", "")  # the name of a column of classes is no part of the spec
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
