"""Rows that are zeros for the most part, as a program has them, and the choice between these and dense ones."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

from dlrun.data.nonzero import NonZero
from dlrun.engine.compiled.recording import Unsupported

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class SparseRows:
    """The rows at `places` of a table of which only the values that are not zero are kept (`data.nonzero.NonZero`).

    `inputs` (rows, width) is the tensor that stands for them.
    """

    inputs: Tensor
    places: Tensor
    starts: Tensor
    columns: Tensor
    values: Tensor


def sparse_or_dense(nonzero: NonZero | None, make: Callable[[NonZero | None], T]) -> T:
    """What is made with what is not zero of the rows, or, where there is none or that is Unsupported, without."""
    if nonzero is not None:
        with suppress(Unsupported):
            return make(nonzero)
    return make(None)
