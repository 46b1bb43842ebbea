"""What stands beside Student's t where it judges differences: exact sign flips, BCa, and the test of two spreads.

By scipy, which is loaded where one of them is asked for alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from dlrun.report.statistics import LEVEL, sd

FLIPS_FROM = 6  # of 5 differences the two of 32 signs that are all alike are 6.25 %, never below 5 %
BCA_FROM = 20  # of fewer, a bootstrap interval covers clearly less than it says
SPREADS_FROM = 20
RESAMPLES = 9999  # of more than 13 differences, and of the bootstrap; drawn from one seed, so that they are the same


def sign_flip(differences: Sequence[float]) -> float | None:
    """The two-sided p-value of the mean difference by flips of signs: all of them for up to 13 differences, else drawn.

    It takes the differences to be symmetric about 0 where nothing is different, not to be normal.  None for fewer than
    six, and for differences without a spread.
    """
    if len(differences) < FLIPS_FROM or not sd(differences):
        return None
    from scipy import stats

    found = stats.permutation_test((list(differences),), _mean, permutation_type="samples", vectorized=True,
                                   n_resamples=RESAMPLES, random_state=0)
    return float(found.pvalue)


def bca(differences: Sequence[float], level: float = LEVEL) -> tuple[float, float] | None:
    """The bias-corrected and accelerated bootstrap interval of the mean (Efron 1987).

    None for fewer than twenty differences, and for those without a spread.
    """
    if len(differences) < BCA_FROM or not sd(differences):
        return None
    from scipy import stats

    found = stats.bootstrap((list(differences),), _mean, vectorized=True, confidence_level=level, method="BCa",
                            n_resamples=RESAMPLES, random_state=0).confidence_interval
    return float(found.low), float(found.high)


def pitman_morgan(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The two-sided p-value for equal variances of paired numbers: that of the correlation of sums and differences.

    Pitman (1939) and Morgan (1939).  Raises ValueError for fewer than three pairs.  1 where neither side has a spread.
    """
    from scipy import stats

    if len(ours) < 3:
        raise ValueError("two spreads need three pairs at least")
    sums = [a + b for a, b in zip(ours, theirs, strict=True)]
    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    if not sd(sums) or not sd(differences):
        return 1.0
    return float(stats.pearsonr(sums, differences).pvalue)


def spread_ends(values: Sequence[float], level: float = LEVEL) -> tuple[float, float]:
    """The confidence interval of the deviation of normal numbers, by chi square.  Raises ValueError for fewer than two.
    """
    from scipy.special import chdtri

    spread, freedom = sd(values), len(values) - 1
    if spread is None:
        raise ValueError("a spread needs two numbers at least")
    beyond = (1 - level) / 2
    return (spread * math.sqrt(freedom / float(chdtri(freedom, beyond))),
            spread * math.sqrt(freedom / float(chdtri(freedom, 1 - beyond))))


def _mean(values: object, axis: int = -1) -> object:
    import numpy as np

    return np.mean(np.asarray(values), axis=axis)
