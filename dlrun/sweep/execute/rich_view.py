"""A sweep on a terminal: a table that lives, with the jobs that run, and below it how far the whole is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, TextIO

from dlrun.record.palette import BAD, GIVEN_UP, GOOD, NOTED, WARNING
from dlrun.record.plan import Plan
from dlrun.record.quantities import long_time
from dlrun.record.terminal import printable
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.plain_view import death_line, failure_line
from dlrun.sweep.execute.progress import JobProgress, Progress, measured
from dlrun.sweep.plan.labels import columns, common_overrides, labels
from dlrun.sweep.plan.status import WAITING, JobState

REDRAW = 0.25  # seconds
BAR = 12
LABEL = 14  # characters of a column of values that are shown however narrow the terminal is
CHROME = 9  # lines of the terminal that are not rows: title, head, rules, caption, the shell's own
STYLES = {"running": NOTED, "finished": GOOD, "stopped": GOOD, "interrupted": WARNING, "elsewhere": WARNING,
          "pruned": GIVEN_UP, "diverged": BAD, "out_of_memory": BAD, "failed": BAD}


class RichView(Progress):
    """Draws at each event and four times a second; messages about failures stay above the table."""

    def __init__(self, plan: Plan, states: Sequence[JobState], pending: Sequence[PendingJob], stream: TextIO):
        from rich.console import Console
        from rich.live import Live

        super().__init__(plan, states, pending)
        self._drawn = 0.0
        self._console = Console(file=stream, force_terminal=True, highlight=False)
        self._live = Live(self._table(), console=self._console, auto_refresh=False, transient=True,
                          redirect_stdout=False, redirect_stderr=False)
        self._live.start()

    def ended(self, pending: PendingJob, state: JobState) -> None:
        super().ended(pending, state)
        if state.failed:
            self._say(failure_line(self, pending), BAD)
        self._draw()

    def worker_died(self, pending: PendingJob, how: str) -> None:
        super().worker_died(pending, how)
        self._say(death_line(self, pending, how), WARNING)

    def tick(self) -> None:
        if time.monotonic() - self._drawn >= REDRAW:
            self._draw()

    def close(self) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        self._say(text, WARNING)

    def _say(self, text: str, style: str) -> None:
        from rich.text import Text

        self._console.print(Text(printable(text), style=style), soft_wrap=True)

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._live.update(self._table(), refresh=True)

    def _table(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        def safe(text: str) -> Text:
            return Text(printable(text))

        table = Table(title=safe(f"sweep {self.plan.name}"), title_justify="left", title_style="bold", box=None,
                      caption=safe(self._caption()), caption_justify="left", pad_edge=False, header_style="bold")
        rows = self._rows()
        heads, cells = columns(self.plan), [labels(self.plan, job.job) for job in rows]
        widths = [min(LABEL, max(len(head), *(len(row[place]) for row in cells))) for place, head in enumerate(heads)]
        rest = self._console.size.width - sum(width + 2 for width in widths) - 5 - 13 - (self._bar_width() + 8) - 11
        room = max(8, rest)
        metric, results = self._results(rows, room)
        for head, width, right in (("job", 3, True), *((head, width, False) for head, width in zip(heads, widths)),
                                   ("state", 11, False), ("progress", self._bar_width() + 6, False),
                                   (metric, room, False), ("time", 9, True)):
            table.add_column(safe(head), width=width, no_wrap=True, overflow="ellipsis",
                             justify="right" if right else "left")
        for job, text in zip(rows, results):
            style = STYLES.get(job.status, "dim")
            state = Text(job.status.replace("_", " "), style=style)
            table.add_row(str(job.job.number), *map(safe, labels(self.plan, job.job)), state,
                          self._bar(job), safe(text), self._time(job))
        hidden = len(self.jobs) - len(rows)
        if hidden:
            table.add_row("", *[""] * len(columns(self.plan)), Text(f"{hidden} more", style="dim"))
        return table

    def _results(self, rows: Sequence[JobProgress], room: int) -> tuple[str, list[str]]:
        """The head of the metrics' column, and a cell a row: its metric, or why it has none.

        In a narrow column the numbers stand alone, and their name above: of the key nothing else would be left.
        """
        found = [measured(self.plan, job) for job in rows]
        head = "metric"
        if any(len(f"{key} {value}") > room for key, value in found):
            names = {key.rpartition("/")[2] for key, _ in found if key}
            head = names.pop() if len(names) == 1 else head
            found = [("", value) for _, value in found]
        return head, [job.reason.partition(";")[0] or " ".join(filter(None, pair)) for job, pair in zip(rows, found)]

    def _rows(self) -> list[JobProgress]:
        """As many jobs as fit: all that run, then the next ones, then those that ended last; in the jobs' order."""
        room = max(4, self._console.size.height - CHROME)
        jobs = list(self.jobs.values())
        if len(jobs) <= room:
            return jobs
        running = [job for job in jobs if job.status in ("running", "elsewhere")]
        ended = sorted((job for job in jobs if job.status not in ("running", "elsewhere", WAITING, "interrupted")),
                       key=lambda job: (job.began or 0.0) + (job.seconds or 0.0), reverse=True)
        waiting = [job for job in jobs if job.status in (WAITING, "interrupted")]
        recent = ended[:max(1, (room - len(running)) * 2 // 3)]
        chosen = (running + recent + waiting + ended[len(recent):])[:room]
        return sorted(chosen, key=lambda job: job.job.number)

    def _bar(self, job: JobProgress) -> Any:
        from rich.text import Text

        if job.status in (WAITING, "elsewhere"):
            return Text("")
        bar = self._bar_width()
        done = round(bar * job.done)
        full, empty = "━─" if self._console.encoding.startswith("utf") else "#-"
        share = "" if job.done >= 1 else f" {100 * job.done:3.0f} %"
        return Text.assemble((full * done, STYLES.get(job.status, NOTED)), (empty * (bar - done), "dim"), share)

    def _bar_width(self) -> int:
        return BAR if self._console.size.width >= 100 else BAR // 3

    def _time(self, job: JobProgress) -> str:
        if job.status == "running" and job.began is not None:
            return long_time(self._clock() - job.began)
        return long_time(job.seconds)

    def _caption(self) -> str:
        """How far the whole is, and what all jobs have in common where the line has room for it."""
        short = " · ".join(filter(None, [self.counts(), self.time_left()]))
        whole = " · ".join(filter(None, [short, common_overrides(self.plan)]))
        return whole if len(whole) <= self._console.size.width else short
