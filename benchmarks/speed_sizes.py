"""What the measurements of `benchmarks/speed.py` are given, and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sizes:
    """How much is measured: epochs of sweeps, words that make them smaller, repetitions, seconds.

    With `clock` the times of single networks are those of the clock, and all threads may be used; else those of the
    processor on one thread, which a busy machine distorts less.
    """

    boston: int = 100
    small: int = 5
    medium: int = 5
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of a sweep, in place of its own
    rows_of_chapter: int | None = None
    chapter_seconds: float = 2.0
    repeats: int = 7
    rows: int | None = None  # of MNIST for a single network; all of them
    blocks: int = 9
    busy: tuple[float, int] = (1.0, 3)
    starts: int = 3
    clock: bool = True


TINY = Sizes(1, 1, 1, {"boston": ("seeds=1", "optimizer.lr=0.001"),
                       **dict.fromkeys(("mnist-16", "mnist-128"),
                                       ("seeds=4", "train_size=500", "validation=100", "test_size=500"))},
            1, 0.2, 1, 300, 1, (0.05, 1), 1)


@dataclass(frozen=True)
class Found:
    """One row: what was measured, the goal ("<= 0.15"), the value as a number and a unit, and how it was taken."""

    what: str
    limit: float
    value: float
    conditions: str
    unit: str = ""
    other: str = ""  # what the value is a ratio to, where that is not the plain loop

    @property
    def met(self) -> bool:
        return self.value <= self.limit
