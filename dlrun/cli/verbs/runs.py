"""`dlrun runs [FILTER ...]`: lists the runs in a folder that match; `dlrun runs remove FILTER ...` removes them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.cli.verb import Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import flag, text
from dlrun.config.schema.root import GROUPS, Root
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.report.run import Run


def _filters(before: Sequence[str], prefix: str) -> Iterable[str]:
    return [filter_ for filter_ in ("remove", "status=", "id=", "name=", *(f"{group}=" for group in GROUPS))
            if filter_.startswith(prefix)]


@register("verb", "runs")
@dataclass(frozen=True)
class Runs(Verb):
    """All runs: list, filter, remove.

    A filter is a part of the run's name, or key=value: its status, id, name, the option of a group or any key of its
    configuration. `dlrun runs remove` shows what it would remove, asks, skips runs in progress and anything not
    recognised as a run.
    """

    arguments: tuple[str, ...] = positional(
        "[remove] [FILTER ...]", "Runs that match all of these: status=failed, model=cnn, optimizer.lr=0.1 or a part "
        "of a name; with `remove` first they are removed.", overrides=True, offers=_filters)
    output_dir: str = text(Root.output_dir, "The folder of all runs.")
    metric: str = text("", "The metric shown, as in val/loss; the task's own without one.")
    yes: bool = flag(False, "Remove without asking.")
    synonyms: ClassVar[dict[str, str]] = {"remove": "runs remove", "rm": "runs remove", "delete": "runs remove",
                                         "history": "runs", "status": "runs"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun runs status=failed model=cnn", "what failed"),
        ("dlrun runs remove status=failed", "removes it, asks before"),
    )

    def run(self) -> int:
        from dlrun.record.terminal import columns, paint
        from dlrun.report.differing import differing
        from dlrun.report.find import run_folders
        from dlrun.report.run import read_run
        from dlrun.report.select import select

        removing = self.arguments[:1] == ("remove",)
        chosen = self.arguments[1:] if removing else self.arguments
        if removing and not chosen:
            raise problem("runs remove", "expected a filter after it, as  status=failed  or  an id")
        below = Path(self.output_dir).expanduser()
        if not below.is_dir():
            raise problem(f"output_dir={below}", "no such folder")
        runs = [read_run(folder) for folder in run_folders(below)]
        found = sorted(select(runs, chosen), key=lambda run: (str(run.provenance.get("started", "")), run.name))
        if not found:
            say(f"none of {len(runs)} runs in {below} matches" if runs else f"there are no runs in {below}")
            return 0
        header = ["name", "id", "status", "measure", "started (UTC)", "settings that differ"]
        rows = [header, *(_row(run, self.metric, settings) for run, settings in zip(found, differing(found)))]
        kept = [place for place in range(len(header)) if any(row[place] for row in rows[1:])]
        say("\n".join(map(_cut, columns([[row[place] for place in kept] for row in rows]))))
        say(paint(f"{len(found)} of {len(runs)} runs", "dim", sys.stdout))
        return _remove(found, self.yes) if removing else 0


def _row(run: Run, metric: str, settings: str) -> list[str]:
    from dlrun.report.derived import describe
    from dlrun.report.values import metrics_of_all, primary_key, value_of

    name = metric or primary_key(str(run.config.get("task.kind", "")), [run.result])
    value = value_of(run.result, name) if run.counted else None
    shown = describe(name, metrics_of_all([run.result]))
    outcome = f"{shown.title} {shown.text(value, 2)}" if value is not None else run.reason
    outcome = outcome if len(outcome) <= 60 else f"{outcome[:57]}..."
    if run.changed:
        outcome = f"{outcome} (edited or damaged: {', '.join(run.changed)})"
    return [run.folder.parent.name, run.id, run.status.replace("_", " "), outcome,
            str(run.provenance.get("started", ""))[:16].replace("T", " "), settings]


def _cut(line: str) -> str:
    """A line that a terminal holds; a pipe gets it whole."""
    width = shutil.get_terminal_size((120, 24)).columns
    return line if not sys.stdout.isatty() or len(line) <= width else f"{line[:width - 3]}..."


def _remove(runs: Sequence[Run], sure: bool) -> int:
    from dlrun.report.remove import keep_reason, remove, size
    from dlrun.report.run import RUNNING

    going = []
    for run in runs:
        reason = keep_reason(run.folder) or ("it is running" if run.status == RUNNING else "")
        if reason:
            say(f"{run.folder} stays: {reason}")
        else:
            going.append(run)
    if not going:
        return 1
    asked = f"{len(going)} run{'' if len(going) == 1 else 's'}, {sum(size(run.folder) for run in going) / 1e6:,.1f} MB"
    if not sure:
        if not sys.stdin.isatty():
            say(f"yes=true removes them ({asked})")
            return 0
        if input(f"remove {asked}? [y/N] ").strip().lower() not in ("y", "yes"):
            say("nothing was removed")
            return 0
    kept = 0
    for run in going:
        reason = remove(run.folder)
        kept += bool(reason)
        say(f"{run.folder} stays: {reason}" if reason else f"removed {run.folder}")
    return 1 if kept or len(going) < len(runs) else 0
