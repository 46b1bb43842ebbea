"""Stopping an iterative method in the middle, as a signal does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from dlrun.inspection import unfinished
from dlrun.inspection.progress import Progress


@contextmanager
def stopped_after(steps: int) -> Iterator[None]:
    """Everything is kept at once, and the step after so many ends the block as Ctrl-C does."""
    with counted() as count, mock.patch.object(unfinished, "KEEP_SECONDS", 0.0):
        count.append(-steps)
        with pytest.raises(KeyboardInterrupt):
            yield


@contextmanager
def counted() -> Iterator[list[int]]:
    """The steps that are taken in the block, as numbers to be summed up."""
    count: list[int] = []
    step = Progress.step

    def counting(self: Progress, steps: int = 1, note: str = "") -> None:
        count.append(steps)
        step(self, steps, note)
        if count[0] < 0 and sum(count) == 0:
            raise KeyboardInterrupt

    with mock.patch.object(Progress, "step", counting):
        yield count
