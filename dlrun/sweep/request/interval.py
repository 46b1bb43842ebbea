"""Numbers that a search draws: between two ends, in steps or not, evenly or by their logarithm.  Knows no Optuna."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from dlrun.config.problem import problem

LOG = "log"  # the tag:  tag(log, interval(1e-4,1e-1))
_DIGITS = 4  # of a drawn number: it can be typed again, and is finer than any search


@dataclass(frozen=True)
class SearchInterval:
    """`low` and `high` belong to it; `step` is None where any number between them may be drawn."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether only integers are drawn."""
        return isinstance(self.low, int)

    def number(self, drawn: float) -> float:
        """A drawn number as it is set: whole, or with four digits, which stay between the ends."""
        if self.whole:
            return int(drawn)
        if self.step is not None:
            return float(f"{drawn:.12g}")
        return min(max(float(f"{drawn:.{_DIGITS}g}"), float(self.low)), float(self.high))

    def probes(self) -> list[float]:
        """The numbers that are checked before the search begins: the ends, and one between them that is not whole."""
        if self.whole or self.step is not None:
            return [self.low, self.high]
        inside = self.low + (self.high - self.low) * 0.381966
        return [self.low, self.high, float(f"{inside + (0.5 if inside.is_integer() else 0):.6g}")]

    def __str__(self) -> str:
        step = "" if self.step in (None, 1) else f" by {self.step:g}"
        kind = " (log)" if self.log else ""
        return f"{self.low:.12g} to {self.high:.12g}{step}{kind}{', whole' if self.whole else ''}"


def read_interval(override: Override) -> SearchInterval | None:
    """What ``interval(...)``, ``int(interval(...))`` or ``range(...)`` is to a search; None for other overrides.

    Raises ConfigError for ends that are none.
    """
    given, value = override.input_line or "", override.value()
    if isinstance(value, IntervalSweep):
        assert value.start is not None and value.end is not None
        _tags(given, value.tags)
        if value.start >= value.end:
            raise problem(given, "expected interval(low,high) with low < high")
        return _positive(given, SearchInterval(value.start, value.end, 1 if isinstance(value.start, int) else None,
                                        LOG in value.tags))
    if isinstance(value, RangeSweep):
        _tags(given, value.tags)
        return _range(given, value)
    return None


def _range(given: str, value: RangeSweep) -> SearchInterval | None:
    start, stop, step = (Decimal(str(number)) for number in (value.start, value.stop, value.step))
    count = ceil((stop - start) / step) if step else 0
    if count < 2:
        return None
    low, high = sorted((start, start + (count - 1) * step))
    whole = all(isinstance(number, int) for number in (value.start, value.stop, value.step))
    log = LOG in value.tags
    if log and not (whole and abs(step) == 1):
        raise problem(given, "a logarithmic range has no steps; expected  tag(log, interval(...))  or  "
                             "tag(log, int(interval(...)))")
    convert = int if whole else float
    return _positive(given, SearchInterval(convert(low), convert(high), convert(abs(step)), log))


def _tags(given: str, tags: set[str]) -> None:
    if tags - {LOG}:
        raise problem(given, f"expected the tag  {LOG}  (drawn by the logarithm), or none")


def _positive(given: str, found: SearchInterval) -> SearchInterval:
    if found.log and found.low <= 0:
        raise problem(given, "expected numbers > 0 for a logarithmic interval")
    return found
