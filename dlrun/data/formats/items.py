"""Objects with len() and rows, such as torch's Dataset: read whole, or when a step needs a row."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.seeds import derive_seed
from dlrun.data.generators import generator_states, isolated_generators, seed_generators
from dlrun.data.row_stream import Draw, InMemory, Parallel, is_held, placeholder, some
from dlrun.data.source import digest
from dlrun.record.terminal import say
from dlrun.registry.class_source import class_source

PROBED = 16  # rows that are read twice
SAMPLED = 256  # rows that stand for all where not all are read
PIECE = 256  # rows whose targets are read at a time
LONG_SECONDS = 10.0
_DRAWS = ("expected rows that stay as they are, or that draw from the generators of the process (torch's, "
          "numpy.random, random), which dlrun seeds for each row")


class ItemReader:
    """The rows of an object; each is read with generators that begin at (seed, pass, number), or at its number."""

    parallel: Parallel = "processes"

    def __init__(self, data: Any, given: str):
        self.data, self.given = data, given
        self.drawn, self.content, self.seconds = False, "", 0.0
        self.code = _source(data)

    def read(self, numbers: np.ndarray, draw: Draw) -> tuple[np.ndarray, np.ndarray | None]:
        """Inputs and targets; raises ConfigError for rows of different shapes."""
        seed, *number_of_pass = draw or (0,)
        rows = []
        with isolated_generators():
            for number in numbers.tolist():
                seed_generators(derive_seed(seed, "rows", *number_of_pass, number))
                rows.append(row(self.data, number, self.given))
        return stacked(rows, self.given)


@dataclass(frozen=True)
class Items:
    """What an object's rows are: arrays, of which `x` is a placeholder where the rows are not held.

    `reader` reads rows that are drawn in each pass, or not held; None where the arrays are all there is.
    """

    x: np.ndarray
    y: np.ndarray | None
    reader: ItemReader | None
    held: bool
    classes: tuple[str, ...]


def items_of(data: Any, given: str, in_memory: InMemory = "auto") -> Items:
    """The rows of an object: read once, where they are fixed and held in memory.  Raises ConfigError."""
    count = len(data)
    if not count:
        raise problem(given, "it has no rows")
    reader = ItemReader(data, given)
    reader.read(np.zeros(1, np.int64), None)  # what is imported, opened or decoded once is not measured
    probed = some(count, PROBED)
    began = time.perf_counter()
    x, y = reader.read(probed, None)
    reader.seconds = (time.perf_counter() - began) / len(probed)
    reader.drawn = _draws(reader, probed)
    again = reader.read(probed, None)
    if not (same(x, again[0]) and same(y, again[1])):
        raise problem(given, f"row {_other(x, again[0], probed)} is another one each time that it is read; {_DRAWS}")
    classes = tuple(map(str, getattr(data, "classes", ())))
    row_bytes = x[:1].nbytes
    held = is_held(row_bytes * count, in_memory)
    if not held:
        x, y = _not_held(reader, count, row_bytes)
    elif reader.drawn:
        x, y = reader.read(np.arange(count), None)
    else:
        x, y, drew = _as_they_come(data, given)
        if drew:  # a row that was not probed
            reader.drawn = True
            x, y = reader.read(np.arange(count), None)
    return Items(x, y, reader if reader.drawn or not held else None, held, classes)


def _other(x: np.ndarray, again: np.ndarray, probed: np.ndarray) -> int:
    return int(probed[next((place for place in range(len(x)) if not same(x[place], again[place])), 0)])


def same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Whether two arrays are equal, missing numbers too."""
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f")


def _draws(reader: ItemReader, numbers: np.ndarray) -> bool:
    """Whether reading these rows moves one of the process's generators."""
    with isolated_generators():
        before = generator_states()
        for number in numbers.tolist():
            row(reader.data, number, reader.given)
        return generator_states() != before


def _as_they_come(data: Any, given: str) -> tuple[np.ndarray, np.ndarray | None, bool]:
    """All rows, and whether one of them was drawn."""
    with isolated_generators():
        before = generator_states()
        rows = [row(data, number, given) for number in range(len(data))]
        drew = generator_states() != before
    return *stacked(rows, given), drew


def _not_held(reader: ItemReader, count: int, row_bytes: int) -> tuple[np.ndarray, np.ndarray | None]:
    """A placeholder, and the targets of all rows: those that the object has as an attribute, else of each row."""
    sample = some(count, SAMPLED, row_bytes)
    x, y = reader.read(sample, None)
    reader.content = f"{count} rows {digest([x, y], reader.code.encode())}"
    targets = None if y is None else _targets(reader, count, sample, y)
    return placeholder(count, x), targets


def _targets(reader: ItemReader, count: int, sample: np.ndarray, y: np.ndarray) -> np.ndarray:
    from dlrun.data.array_cache import load_array, store_array

    listed = getattr(reader.data, "targets", None)
    if listed is not None and len(listed) == count:
        found = as_array(listed, "targets", reader.given)
        if found.shape[1:] == y.shape[1:] and same(found[sample], y):
            return found
    name = hashlib.sha256(reader.content.encode()).hexdigest()[:32]
    kept = load_array(f"targets-{name}")
    if kept is None:
        kept = np.concatenate(list(_every_target(reader, count)))
        store_array(f"targets-{name}", kept)
    return kept


def _every_target(reader: ItemReader, count: int) -> Iterator[np.ndarray]:
    """The targets of all rows, a piece after the other; where that takes long it is said, and done by processes."""
    pieces = ((np.arange(start, min(start + PIECE, count)),) for start in range(0, count, PIECE))

    def targets(numbers: np.ndarray) -> np.ndarray:
        found = reader.read(numbers, None)[1]
        assert found is not None
        return found

    if reader.seconds * count < LONG_SECONDS:
        return (targets(*piece) for piece in pieces)
    from dlrun.data.reading_processes import read_by_processes, reading_processes

    processes = reading_processes()
    minutes = reader.seconds * count / max(1, processes) / 60
    say(f"{reader.given}: the targets of {count:,} rows are read once, about {minutes:,.1f} minutes (an attribute "
        "`targets` would say them)", file=sys.stderr)
    return read_by_processes(targets, pieces, processes) if processes else (targets(*piece) for piece in pieces)


def _source(data: Any) -> str:
    """The source of an object's class; empty where it cannot be read."""
    try:
        return class_source(type(data))
    except OSError:
        return ""


def row(data: Any, number: int, given: str) -> tuple[np.ndarray, ...]:
    """The input of a row, channels last, and its target where it has one."""
    found = data[number]
    found = found if isinstance(found, Sequence) and not isinstance(found, str) else (found,)
    if len(found) > 2:
        raise problem(given, f"row {number} has {len(found)} parts; expected an input, or an input and its target")
    parts = tuple(as_array(part, f"row {number}", given) for part in found)
    channels_first = parts[0].ndim == 3 and hasattr(found[0], "detach") and parts[0].shape[0] in (1, 3, 4)
    return (np.moveaxis(parts[0], 0, -1), *parts[1:]) if channels_first else parts


def stacked(rows: Sequence[tuple[np.ndarray, ...]], given: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows as arrays of inputs and of targets."""
    if len({tuple(part.shape for part in row) for row in rows}) > 1:
        raise problem(given, "its rows have different shapes")
    return np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows]) if len(rows[0]) > 1 else None


def as_array(value: Any, name: str, given: str) -> np.ndarray:
    """An array, tensor or list as an array; raises ConfigError where it has not one shape."""
    if hasattr(value, "detach"):  # a tensor, on any device
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise problem(given, f"{name} is no array of one shape ({error})") from None
    if array.dtype.kind == "O" and array.size and all(isinstance(member, str) for member in array.ravel()[:1000]):
        array = array.astype(str)
    return array
