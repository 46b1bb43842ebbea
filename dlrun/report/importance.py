"""Which axis of a table mattered: the share of the variance between its rows that each explains by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.record.trials import Importance
from dlrun.report.statistics import Interval, interval
from dlrun.report.table import Table

if TYPE_CHECKING:
    import numpy as np

REST = "combinations and chance"
FEWEST = 4  # rows of a seed
_TOLD_APART = 0.95  # of the variance that has to be some axis's or the rest's: else two axes vary together


@dataclass(frozen=True)
class AxisShare:
    """Of one axis, or of the rest: its share of the variance, by seed, and their mean."""

    axis: str
    by_seed: dict[int, float]
    summary: Interval


def axis_shares(table: Table) -> list[AxisShare]:
    """The share of each column that varies, the largest first, then of the rest; [] where they cannot be told.

    Rows without runs, which are baselines, have no place on the axes and are left out.
    Each seed's rows are taken by themselves, as one grid: an axis explains what the best sum of a number for each value
    of each axis loses without it (of a full grid: its main effect).  The mean over seeds has an interval by Student's
    t.  Seeds with too few rows for that (random values of a search) are left out.
    """
    measured = [row for row in table.rows if row.runs and row.values]
    names = [name for place, name in enumerate(table.axes.columns) if len({row.labels[place] for row in measured}) > 1]
    places = [table.axes.columns.index(name) for name in names]
    if len(names) < 2:
        return []
    found: dict[int, dict[str, float]] = {}
    for seed in sorted({seed for row in measured for seed in row.values}):
        rows = [row for row in measured if seed in row.values]
        shares = _shares([[row.labels[place] for place in places] for row in rows],
                         [row.values[seed] for row in rows])
        if shares is not None:
            found[seed] = dict(zip([*names, REST], shares))
    if not found or sum(interval([one[name] for one in found.values()]).mean for name in (*names, REST)) < _TOLD_APART:
        return []
    made = [AxisShare(name, {seed: one[name] for seed, one in found.items()},
                      interval([one[name] for one in found.values()])) for name in (*names, REST)]
    return [*sorted(made[:-1], key=lambda share: -share.summary.mean), made[-1]]


def _shares(labels: list[list[str]], values: list[float]) -> list[float] | None:
    """The shares of each column of `labels` in the variance of `values`, then of the rest; None for too few rows."""
    if len(values) < FEWEST:
        return None
    import numpy as np

    y = np.array(values) - np.mean(values)
    columns = [_indicators([row[place] for row in labels]) for place in range(len(labels[0]))]
    whole = np.concatenate([np.ones((len(y), 1)), *columns], 1)
    total = float(y @ y)
    if total == 0 or len(y) <= np.linalg.matrix_rank(whole):
        return None
    left = _left(whole, y)
    without = [_left(np.concatenate([np.ones((len(y), 1)), *columns[:place], *columns[place + 1:]], 1), y)
               for place in range(len(columns))]
    return [*(max(0.0, one - left) / total for one in without), left / total]


def _indicators(labels: list[str]) -> np.ndarray:
    import numpy as np

    found = sorted(set(labels))
    return np.array([[label == one for one in found[1:]] for label in labels], float)


def _left(design: np.ndarray, y: np.ndarray) -> float:
    """The sum of squares that a least-squares fit leaves."""
    import numpy as np

    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(rest @ rest)


def sentence(shares: list[AxisShare]) -> str:
    """``Of the variance between rows model explains 71 +- 4 %, ...``; empty for none."""
    if not shares:
        return ""
    parts = [f"{share.axis} {percent(share.summary)}" for share in shares[:-1]]
    n = shares[0].summary.n
    how = f"each of {n} seeds by itself; 95 % interval over seeds" if n > 2 else (
        "each of two seeds by itself" if n == 2 else "one seed")
    return (f"Of the variance between rows {', '.join(parts)} by itself; {percent(shares[-1].summary)} is of "
            f"{shares[-1].axis} ({how}).")


def percent(share: Interval) -> str:
    """``71 +- 4 %``; of two seeds both values."""
    if share.pair:
        low, high = sorted(share.pair)
        return f"{100 * low:.0f} and {100 * high:.0f} %"
    half = "" if share.half is None else f" +- {100 * share.half:.0f}"
    return f"{100 * share.mean:.0f}{half} %"


def of_search(found: Importance | None) -> str:
    """A sentence on what Optuna says of a search's axes; empty for nothing."""
    if found is None:
        return ""
    parts = ", ".join(f"{name} {100 * share:.0f} %{_ends(found, name)}" for name, share in found.shares.items())
    how = (f"in brackets the middle 95 % over {found.resamples} resamples of the trials" if found.intervals else
           "its interval comes when the search has ended")
    return (f"What mattered in this search, by Optuna's PED-ANOVA of {found.trials} trials: {parts} (how differently "
            f"the best tenth of the trials is spread over each axis; {how}).")


def _ends(found: Importance, name: str) -> str:
    if name not in found.intervals:
        return ""
    low, high = found.intervals[name]
    return f" ({100 * low:.0f} to {100 * high:.0f})"


def as_data(shares: list[AxisShare]) -> list[dict[str, Any]]:
    """The shares for report.json."""
    return [{"axis": share.axis, "share": share.summary.mean, "half_width_95": share.summary.half,
             "n": share.summary.n} for share in shares]
