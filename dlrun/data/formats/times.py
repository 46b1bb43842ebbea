"""Whether the lines of a series are in the order of time, as far as a column of times shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from dlrun.config.problem import problem

HOUR = timedelta(hours=1)  # that clocks are set back by


def check_order(path: Path, name: str, cells: Sequence[str], lines: Sequence[int]) -> str:
    """A note where times of a column come twice or step back by an hour at most; empty for ISO 8601 times in order, and
    for a column of anything else.

    Raises ConfigError where lines are not in the order of time: their windows would look into the future.
    """
    try:
        times = [datetime.fromisoformat(cell.removesuffix("Z")) for cell in cells]
        steps = [after - before for before, after in zip(times, times[1:])]
    except (ValueError, TypeError):  # no times; some with a zone, others without
        return ""
    back = [place for place, step in enumerate(steps) if step < timedelta(0)]
    if back and (min(steps) < -HOUR or 100 * len(back) > len(lines)):
        first = back[0]
        raise problem(str(path), f'line {lines[first + 1]}, column "{name}": {cells[first + 1]} stands after '
                                 f"{cells[first]}; expected lines in the order of time (dataset.drop=[{name!r}] where "
                                 "they are)")
    late = [place for place, step in enumerate(steps) if step <= timedelta(0)]
    if not late:
        return ""
    return (f'{path.name}: {len(late):,} times of "{name}" are not later than the one before (the first is line '
            f"{lines[late[0] + 1]})")
