"""The level of each look of `dlrun decide`, by simulation: ``python benchmarks/decide_levels.py`` prints the table that
`dlrun.report.repeated` holds.

Differences of pairs are drawn from a normal distribution around 0, and at each look a paired t test is taken. The level
of a look is such that all looks together err with the wanted chance: the quantile, at this chance, of the smallest
p-value of a path (Jennison and Turnbull, Group Sequential Methods, 2000, chapter 9).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import t

from dlrun.report.repeated import CHANCE, LOOKS

PATHS, CHUNK = 2_000_000, 100_000
PAIRS = (1, 3, 6, 10, 15, 21, 28)  # of two to eight settings


def smallest(rng: np.random.Generator, count: int) -> np.ndarray:
    """The smallest two-sided p-value up to each look, (paths, looks)."""
    drawn = rng.standard_normal((count, LOOKS[-1]))
    found = np.empty((count, len(LOOKS)))
    for place, n in enumerate(LOOKS):
        mean, deviation = drawn[:, :n].mean(1), drawn[:, :n].std(1, ddof=1)
        found[:, place] = 2 * t.sf(np.abs(mean) / (deviation / np.sqrt(n)), n - 1)
    return np.minimum.accumulate(found, axis=1)


def main() -> None:
    rng = np.random.default_rng(20261129)
    paths = np.concatenate([smallest(rng, CHUNK) for _ in range(PATHS // CHUNK)])
    print("LEVELS = {")
    for pairs in PAIRS:
        levels = np.quantile(paths, CHANCE / pairs, axis=0)
        levels[0] = CHANCE / pairs  # exact
        print(f"    {pairs}: ({', '.join(f'{level:.3g}' for level in levels)}),")
    print("}")


if __name__ == "__main__":
    main()
