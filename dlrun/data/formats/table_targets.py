"""Targets in the cells of a further file, as the table that is trained on has them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.formats import labels
from dlrun.data.formats.columns import Missing, check_usable, numbers
from dlrun.data.formats.numerals import Numerals, is_number, value
from dlrun.data.formats.separated import Cells


@dataclass(frozen=True)
class TargetCells:
    """The cells of a file whose columns `names` are the targets of `spec`; `reading` says how the training was read."""

    spec: DatasetSpec
    reading: Mapping[str, Any]
    path: Path
    found: Cells
    names: tuple[str, ...]

    def complete(self, say: Callable[[str], None], others: str = "left out") -> TargetCells:
        """The rows that have all targets; raises ConfigError where none does.

        `say` gets how many do not, and that they are `others`.
        """
        check_usable(self.path, self.found, self.names)
        missing = Missing(self.reading.get("missing", ()))
        places = [self.found.names.index(name) for name in self.names]
        holes = {place: missing.of(self.found, place) for place in places}
        there = [not any(row[place] in holes[place] for place in places) for row in self.found.rows]
        if not any(there):
            raise problem(str(self.path), f'no row has a value in "{self.names[0]}"')
        if lost := there.count(False):
            say(f"{self.path.name}: {lost:,} rows without a target are {others} (the first is {self.found.unit} "
                f"{self.found.lines[there.index(False)]})")
        rows = [row for row, whole in zip(self.found.rows, there) if whole]
        lines = [line for line, whole in zip(self.found.lines, there) if whole]
        return dataclasses.replace(self, found=dataclasses.replace(self.found, rows=rows, lines=lines))

    def values(self, say: Callable[[str], None]) -> np.ndarray:
        """Places of classes (rows,) int64, numbers (rows,) float64 in their unit, 0 and 1 (rows, labels) uint8, or
        several (rows, heads) float64.  Raises ConfigError for a cell that does not fit, or can be read in two ways.
        """
        spec = self.spec
        if spec.target_kind == "classes":
            return np.array(self._classes(self.names[0], spec.classes), np.int64)
        if spec.target_kind == "number":
            return np.array(self._numbers(self.names[0], say), np.float64)
        if spec.target_kind == "labels":
            return np.stack([np.array(self._on_off(name), np.uint8) for name in self.names], 1)
        return np.stack([np.array(self._classes(name, head.classes) if head.classes else self._numbers(name, say),
                                  np.float64) for name, head in zip(self.names, spec.heads)], 1)

    def _classes(self, name: str, classes: Sequence[str]) -> list[int]:
        places = {known: place for place, known in enumerate(classes)}
        found = []
        for cell, line in zip(labels.as_words(column(self.found, name), classes), self.found.lines):
            known = cell if cell in places or not is_number(cell) else labels.class_name(value(cell))
            if known not in places:
                near = did_you_mean(cell, classes) or f"; they are {', '.join(classes[:20])}"
                raise problem(f"{cell!r} in {self.found.unit} {line}", f'expected a class of the run in "{name}"{near}')
            found.append(places[known])
        return found

    def _numbers(self, name: str, say: Callable[[str], None]) -> list[float]:
        cells = column(self.found, name)
        numerals = Numerals(self.reading.get("decimal", "auto"), self.found.separator,
                            point=self.reading.get("point", False), comma=self.reading.get("comma", False),
                            trained=True, unit=self.found.unit)
        values = numbers(self.path, name, cells, self.found.lines, numerals, Missing(usual=()))
        if values is None:
            cell, line = next((cell, line) for cell, line in zip(cells, self.found.lines) if not is_number(cell))
            raise problem(f"{cell!r} in {self.found.unit} {line}", f'expected a number in the target column "{name}"')
        for note in numerals.settle(self.path):
            say(note)
        return values

    def _on_off(self, name: str) -> list[int]:
        cells = column(self.found, name)
        wrong = next((place for place, cell in enumerate(cells) if cell.lower() not in labels.ON_OFF), None)
        if wrong is not None:
            raise problem(f"{cells[wrong]!r} in {self.found.unit} {self.found.lines[wrong]}",
                          f'expected 0 or 1 (false, true, no, yes) in the label "{name}"')
        return [int(labels.ON_OFF[cell.lower()]) for cell in cells]


def column(found: Cells, name: str, given: str = "") -> list[str]:
    """The cells of the one column of this name; raises ConfigError about what was `given`."""
    if found.names.count(name) != 1:
        why = "there are several" if name in found.names else (
            did_you_mean(name, found.names).lstrip("; ") or f"there are {', '.join(found.names)}")
        raise problem(given or f'the column "{name}"', f"expected a column of this name; {why}")
    place = found.names.index(name)
    return [row[place] for row in found.rows]
