"""Dates and times in a table, which become numbers: the day, and the parts that vary within the file."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dlrun.data.formats.numerals import Exact

if TYPE_CHECKING:
    import numpy as np

DAY = 86400
PARTS = ("day number", "year", "month", "day of month", "weekday", "hour", "minute")
_TIME = r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?Z?)?"
_FORMS = (re.compile(r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})" + _TIME),
          re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _TIME))


def seconds(cell: str) -> float | None:
    """The seconds from 1970 to a date as ISO 8601 writes it (2024-05-31, 2024/5/31 16:30), or 31.5.2024; None for other
    texts: 5/6/2024 could be two days.

    >>> seconds("1970-01-02 01:00"), seconds("1.2.1970"), seconds("1970-02-30"), seconds("5/6/2024")
    (90000.0, 2678400.0, None, None)
    """
    found = next((match for form in _FORMS if (match := form.fullmatch(cell))), None)
    if found is None or isinstance(cell, Exact):
        return None
    try:
        year, month, day, hour, minute, second = (
            int(found[part] or 0) for part in ("year", "month", "day", "hour", "minute", "second"))
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError:  # the 30th of February
        return None
    return (moment - datetime(1970, 1, 1)) / timedelta(seconds=1)


def moments(cells: Sequence[str], missing: Container[str]) -> list[float] | None:
    """The seconds of a column of dates, NaN where missing; None where a cell is something else."""
    found = []
    for cell in cells:
        moment = float("nan") if cell in missing else seconds(cell)
        if moment is None:
            return None
        found.append(moment)
    return found


def parts(moments: Sequence[float]) -> tuple[str, ...]:
    """The parts that vary within a column of dates; the day number always."""
    import numpy as np

    there = np.array([moment for moment in moments if moment == moment])
    return PARTS[:1] + tuple(part for part in PARTS[1:] if len(np.unique(numbers_of(part, there))) > 1)


def numbers_of(part: str, moments: np.ndarray) -> np.ndarray:
    """A part of dates (rows,) given by their seconds; NaN stays NaN.  Monday is weekday 0."""
    import numpy as np

    there = np.isfinite(moments)
    time = np.where(there, moments, 0).astype(np.int64)
    days, of_day = time // DAY, time % DAY
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    found = {
        "day number": lambda: days, "year": lambda: months.astype("datetime64[Y]").astype(np.int64) + 1970,
        "month": lambda: months.astype(np.int64) % 12 + 1,
        "day of month": lambda: days - months.astype("datetime64[D]").astype(np.int64) + 1,
        "weekday": lambda: (days + 3) % 7, "hour": lambda: of_day // 3600, "minute": lambda: of_day % 3600 // 60}
    return np.where(there, found[part](), np.nan).astype(np.float32)
