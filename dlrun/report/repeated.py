"""Looking at paired differences again and again while seeds come in, without erring more often (Jennison and Turnbull,
Group Sequential Methods with Applications, 2000, chapter 9: repeated confidence intervals).

At each look the interval is a paired t interval at one constant level, found by simulation of paths of t statistics
(benchmarks/decide_levels.py), so that all intervals together miss the true difference with 5 %.  Stopping for any
reason is then valid.  With several settings the 5 % are divided by the number of pairs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from dlrun.report.statistics import mean, sd, t_quantile

CHANCE = 0.05  # that any interval of any pair misses
LOOKS = (5, 8, 12, 18, 27, 40, 50)  # seeds
# By pairs: the two-sided level of each look, where there are one, two, ... seven looks.
LEVELS = {
    1: (0.05, 0.0294, 0.0213, 0.0168, 0.0138, 0.0118, 0.0107),
    3: (0.0167, 0.00929, 0.00661, 0.00516, 0.00423, 0.0036, 0.00322),
    6: (0.00833, 0.00457, 0.0032, 0.00246, 0.00201, 0.00171, 0.00152),
    10: (0.005, 0.00268, 0.00186, 0.00143, 0.00117, 0.00098, 0.000877),
    15: (0.00333, 0.00175, 0.00121, 0.000924, 0.000752, 0.000637, 0.000566),
    21: (0.00238, 0.00123, 0.000848, 0.000656, 0.000527, 0.000442, 0.000397),
    28: (0.00179, 0.000914, 0.000637, 0.000484, 0.00039, 0.000328, 0.000292),
}
EXACT = 12  # differences whose signs are all tried; of more 10,000 draws are
DRAWS = 10_000


def looks(max_seeds: int) -> tuple[int, ...]:
    """The numbers of seeds at which one looks; the last is `max_seeds`.

    >>> looks(10)
    (5, 8, 10)
    """
    return (*(n for n in LOOKS if n < max_seeds), max_seeds)


def level(count: int, pairs: int) -> float:
    """The level of each of `count` looks at `pairs` pairs; for more than were simulated by Bonferroni, which errs less.
    """
    simulated = next((LEVELS[known] for known in sorted(LEVELS) if known >= pairs), ())
    return simulated[count - 1] if count <= len(simulated) else CHANCE / pairs / count


@dataclass(frozen=True)
class Look:
    """The differences of a pair so far: their mean, half the width of the repeated interval, and how many there are.

    `half` is infinite for fewer than two, and for two that are equal.  `sign_flip` is the p-value of a test that takes
    no distribution for granted but symmetry: a diagnostic beside the interval.
    """

    mean: float
    half: float
    n: int
    sign_flip: float

    @property
    def decided(self) -> bool:
        """Whether zero lies outside of the interval."""
        return abs(self.mean) > self.half


def look(differences: Sequence[float], of_look: float, diagnose: bool = True) -> Look:
    """The repeated interval of paired differences at the level `of_look`."""
    n = len(differences)
    if n < 2:
        return Look(differences[0] if n else math.nan, math.inf, n, 1.0)
    spread = sd(differences) or 0.0
    half = math.inf if n == 2 and not spread else t_quantile(1 - of_look, n - 1) * spread / math.sqrt(n)
    return Look(mean(differences), half, n, sign_flip(differences) if diagnose else math.nan)


def sign_flip(differences: Sequence[float]) -> float:
    """The share of flips of signs whose mean is as far from 0: all flips of few differences, else drawn ones.

    >>> sign_flip([1.0, 2.0, 3.0])
    0.25
    """
    import numpy as np

    values = np.asarray(differences, float)
    seen = abs(values.sum()) * (1 - 1e-12)
    if len(values) <= EXACT:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=len(values))))
        return float((np.abs(signs @ values) >= seen).mean())
    signs = np.random.default_rng(0).choice((1.0, -1.0), (DRAWS, len(values)))
    return float(((np.abs(signs @ values) >= seen).sum() + 1) / (DRAWS + 1))
