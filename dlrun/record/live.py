"""The line that lives at the bottom of a terminal while an epoch runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from dlrun.record.metric import Metrics
from dlrun.record.palette import NOTED
from dlrun.record.quantities import count, long_time
from dlrun.record.recorder import EpochProgress, RunInfo
from dlrun.record.terminal import printable

_REDRAW_SECONDS = 0.1
_BAR, _WIDE = 24, 100  # characters of the bar, and of a terminal that holds it whole


def fitting(parts: Sequence[tuple[int, str]], room: int) -> list[str]:
    """The texts that fit into `room` characters, three blanks apart, in their order; of low rank they come first.

    >>> fitting([(0, "2/5"), (2, "loss 0.3"), (1, "3 s left")], 16)
    ['2/5', '3 s left']
    """
    kept: set[int] = set()
    for place in sorted(range(len(parts)), key=lambda place: parts[place][0]):
        chosen = [parts[other][1] for other in {*kept, place} if parts[other][1]]
        if sum(map(len, chosen)) + 3 * (len(chosen) - 1) <= room or not kept:
            kept.add(place)
    return [text for place, (_, text) in enumerate(parts) if place in kept and text]


class Live:
    """Draws when something is reported, at most ten times a second; there is no thread that would slow the steps down.

    While it lives, whatever a user's own code prints appears above the line (rich redirects the two streams).
    `label` stands before the epoch; `after` counts runs as long as this one that follow it (the next folds).
    """

    def __init__(self, stream: TextIO, info: RunInfo, label: str = "", after: int = 0):
        from rich.console import Console
        from rich.live import Live as RichLive

        self._epochs, self._monitor = info.epochs, info.monitor
        self._metrics = Metrics(info.metrics.values())
        self._label, self._after = f"{label}   " if label else "", after
        self._epoch_seconds: float | None = None
        self._best = ""
        self._drawn = 0.0
        self._begun: tuple[float, int] | None = None  # when work before the first step began, and what was done then
        self._console = Console(file=stream, force_terminal=True, highlight=False)
        self._live = RichLive(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def print(self, text: str, style: str = "") -> None:
        """A lasting line above."""
        from rich.text import Text

        line = Text(text)
        line.stylize(style, start=len(text) - len("best") if text.endswith("   best") else 0)
        self._console.print(line, soft_wrap=True)

    def step(self, progress: EpochProgress) -> None:
        """Redraw the line, unless that was less than a tenth of a second ago."""
        now = time.monotonic()
        if now - self._drawn >= _REDRAW_SECONDS:
            self._drawn = now
            self._live.update(self._line(progress), refresh=True)

    def work(self, what: str, done: int, of: int) -> None:
        """The line of something that is computed before the first step, with the time that is left of it."""
        now = time.monotonic()
        self._begun = self._begun or (now, done)
        if now - self._drawn < _REDRAW_SECONDS and done < of:
            return
        self._drawn = now
        begun, before = self._begun
        left = (now - begun) / (done - before) * (of - done) if done > before else None
        parts = [(0, f"{self._label}{what} {done:,}/{of:,}"), (1, "" if left is None else f"{long_time(left)} left")]
        self._live.update(self._drawn_line(parts, done, of), refresh=True)

    def epoch(self, row: Mapping[str, Any], best: bool) -> None:
        """Remember how long the epoch took, and the best value so far."""
        self._epoch_seconds = row.get("seconds")
        if best and self._monitor is not None and self._monitor in row:
            self._best = f"best {self._metrics.text(self._monitor, row[self._monitor])} in {row['epoch']}"

    def close(self) -> None:
        """Take the line away."""
        self._live.stop()

    def _line(self, progress: EpochProgress) -> Any:
        return self._drawn_line(self._parts(progress), progress.step_in_epoch, progress.steps_in_epoch)

    def _drawn_line(self, parts: Sequence[tuple[int, str]], steps: int, of: int | None) -> Any:
        """A bar of what is done, where it is known of how much, and the parts that fit beside it."""
        from rich.text import Text

        long = _BAR if self._console.width >= _WIDE else _BAR // 3
        text = "   ".join(fitting(parts, self._console.width - (long + 3 if of else 0)))
        line = Text(text, no_wrap=True, overflow="ellipsis", style="dim")
        if not of:
            return line
        done = round(long * min(1.0, steps / of))
        full, empty = "━─" if self._console.encoding.startswith("utf") else "#-"
        bar = Text.assemble((full * done, NOTED), (empty * (long - done), "dim"), "   ")
        return Text.assemble(bar, line, no_wrap=True, overflow="ellipsis")

    def _parts(self, progress: EpochProgress) -> list[tuple[int, str]]:
        """What the line says, each with its rank where there is no room for all."""
        left = self._left(progress)
        where = self._label + (f"{progress.epoch}/{self._epochs}" if self._epochs else str(progress.epoch))
        rate = f"{count(progress.rows_per_second)} rows/s" if progress.rows_per_second else ""
        return [(0, where), (2, printable(self._metrics.sentence(progress.values, decimals=1))), (4, rate),
                (1, f"{long_time(left)} left" if left is not None else ""), (3, self._best)]

    def _left(self, progress: EpochProgress) -> float | None:
        """Seconds to the end, with the runs after it: whole epochs as long as the last one, its evaluation included."""
        if not (self._epochs and progress.steps_in_epoch and progress.step_in_epoch):
            return None
        whole = self._epoch_seconds or progress.seconds_in_epoch * progress.steps_in_epoch / progress.step_in_epoch
        here = whole * (1 - progress.step_in_epoch / progress.steps_in_epoch)
        return here + whole * (self._epochs - progress.epoch + self._after * self._epochs)
