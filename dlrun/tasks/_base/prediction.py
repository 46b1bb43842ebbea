"""What a task predicts of rows, as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from dlrun.config.problem import problem
from dlrun.data.scale import Target


@dataclass(frozen=True)
class Column:
    """One value for each row (rows,): the name of a class, a number in the target's unit, a label's 0 or 1.

    `probability` marks the columns that say how sure the others are: the probability of one class or label.
    """

    name: str
    values: np.ndarray
    probability: bool = False

    def cells(self) -> list[str]:
        """The values as texts: probabilities with four decimals, numbers with six significant digits."""
        if self.values.dtype.kind != "f":
            return [str(value) for value in self.values.tolist()]
        digits = ".4f" if self.probability else ".6g"
        return [format(value, digits) for value in self.values.tolist()]


def class_column(name: str, places: Tensor, classes: Sequence[str]) -> Column:
    """The names of the classes at these places (rows,)."""
    return Column(name, np.array(classes, dtype=str)[places.cpu().numpy()])


def probability_columns(before: str, names: Sequence[str], shares: Tensor) -> list[Column]:
    """A column for the probability of each class, ``p(cat)``; `shares` is (rows, classes)."""
    columns = shares.cpu().numpy().T
    return [Column(f"{before}({name})", values, probability=True) for name, values in zip(names, columns)]


def most_probable(columns: Sequence[Column], top: int) -> list[Column]:
    """The most probable classes of each row, with their probabilities, in place of those of all.

    Raises ConfigError for a task that does not predict one class of each row.
    """
    shares = [column for column in columns if column.probability]
    if not shares or columns[0].name != "class":
        raise problem(f"top={top}", "expected a run that predicts one class of each row")
    names = np.array([column.name[2:-1] for column in shares], dtype=str)  # p(cat)
    values = np.stack([column.values for column in shares], 1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :top]
    found = []
    for place in range(order.shape[1]):
        end = f"_{place + 1}" if place else ""
        found += [Column(f"class{end}", names[order[:, place]]),
                  Column(f"p{end}", np.take_along_axis(values, order[:, place:place + 1], 1)[:, 0], probability=True)]
    return found


def number_column(name: str, values: Tensor, target: Target) -> Column:
    """Numbers (rows,) in the target's own unit."""
    return Column(name, np.asarray(target.in_unit(values.cpu().numpy().astype(np.float32)), np.float32))


def rows_of_cells(columns: Sequence[Column]) -> Iterator[dict[str, str]]:
    """The texts of each row by the columns' names."""
    names = [column.name for column in columns]
    for cells in zip(*(column.cells() for column in columns)):
        yield dict(zip(names, cells))
