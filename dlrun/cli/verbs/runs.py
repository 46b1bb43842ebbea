"""`dlrun runs [FILTER ...]`: lists the runs in a folder that match; `dlrun runs remove FILTER ...` removes them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import flag, text
from dlrun.config.schema.root import GROUPS, Root
from dlrun.record.terminal import room, say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.report.run import Run


def _filters(before: Sequence[str], prefix: str) -> Iterable[str]:
    known = ("remove", "status=", "id=", "name=", "tag=", "sweep=", *(f"{group}=" for group in GROUPS))
    return [filter_ for filter_ in known if filter_.startswith(prefix)]


class FoundRunAnswer(TypedDict):
    """A run that matches."""

    name: Annotated[str, "That of its settings, the folder above its id."]
    id: str
    folder: str
    status: Annotated[str, "That of its result, or running, unfinished, unreadable."]
    reason: Annotated[str, "Why it has no measure; empty for a good end."]
    metric: Annotated[str, "The key of `value`."]
    value: float | None
    data_label: Annotated[str, "What its data is where it is not the published file (rebuilt, a copy); else empty."]
    started: Annotated[str, "In ISO 8601; empty where that is not known."]
    differs: Annotated[str, "Settings in which it differs from the others."]
    changed: Annotated[list[str] | None, "Files that are not what the run wrote; null where it noted no checksums."]
    tags: list[str]
    note: Annotated[str, "By dlrun tag."]
    made_by: Annotated[str, "The code of dlrun that made it, where that is not this very one; else empty."]
    config: Annotated[dict[str, Any], "Its settings, by key."]


class RemovedAnswer(TypedDict):
    """A run that was to be removed."""

    folder: str
    stays: Annotated[str, "Why it was not; empty where it was."]


class RunsAnswer(TypedDict):
    """The runs that match."""

    folder: Annotated[str, "The folder of all runs."]
    count: Annotated[int, "How many runs lie there."]
    runs: list[FoundRunAnswer]
    removed: Annotated[list[RemovedAnswer], "Of `runs remove`."]


@register("verb", "runs")
@dataclass(frozen=True)
class Runs(Verb):
    """All runs: list, filter, remove.

    A filter is a part of the run's name, or key=value: its status, id, name, tag, the sweep that it is a job of, the
    option of a group or any key of its configuration; or a query in quotes, clauses joined by "and", with =, !=, <, <=,
    > and >= on keys and measures.
    `dlrun runs remove` shows what it would remove, asks, skips runs in progress and anything not recognised as a run.
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
        ('dlrun runs "test/accuracy > 0.98 and model = cnn"', "by a measure and a setting"),
        ("dlrun runs remove status=failed", "removes it, asks before"),
    )

    answers: ClassVar[Any] = RunsAnswer

    def answer(self) -> Answer:
        from dlrun.report.find import run_folders
        from dlrun.report.run import read_run
        from dlrun.report.select import of_sweeps, select
        from dlrun.report.values import key_asked_for

        removing = self.arguments[:1] == ("remove",)
        chosen = self.arguments[1:] if removing else self.arguments
        if removing and not chosen:
            raise problem("runs remove", "expected a filter after it, as  status=failed  or  an id")
        below = Path(self.output_dir).expanduser()
        if not below.is_dir():
            raise problem(f"output_dir={below}", "no such folder")
        runs = [read_run(folder) for folder in run_folders(below)]
        own, filters = of_sweeps(runs, chosen, below)
        found = sorted(select(own, filters), key=lambda run: (str(run.provenance.get("started", "")), run.name))
        metric = self.metric
        if metric:
            metric = key_asked_for(metric, [run.result for run in runs], any(run.counted for run in runs))
        show = partial(_show, found, metric, below, len(runs))
        if not removing or not found:
            return Answer(partial(_data, found, metric, below, len(runs), []), show)
        data = _data(found, metric, below, len(runs), [])  # before they are gone
        show()
        code, removed = _remove(found, self.yes)
        return Answer(lambda: {**data, "removed": removed}, lambda: None, code)


def _data(found: Sequence[Run], metric: str, below: Path, count: int, removed: list[RemovedAnswer]) -> RunsAnswer:
    from dlrun.report.differing import differing
    from dlrun.report.footnotes import label_of

    runs: list[FoundRunAnswer] = []
    for run, settings in zip(found, differing(found)):
        name, value = _measure(run, metric)
        runs.append({"name": run.folder.parent.name, "id": run.id, "folder": str(run.folder),
                     "status": run.status.replace("_", " "), "reason": run.reason, "metric": name, "value": value,
                     "data_label": label_of(run), "started": str(run.provenance.get("started", "")),
                     "differs": settings, "changed": run.changed,
                     "tags": list(run.tags.tags), "note": run.tags.note, "made_by": run.stale,
                     "config": dict(run.config)})
    return {"folder": str(below), "count": count, "runs": runs, "removed": removed}


def _show(found: Sequence[Run], metric: str, below: Path, count: int) -> None:
    from dlrun.record.terminal import columns, paint
    from dlrun.report.differing import differing
    from dlrun.report.footnotes import label_of

    if not found:
        say(f"none of {count} runs in {below} matches" if count else f"there are no runs in {below}")
        return
    header = ["name", "id", "status", "measure", "data", "started (UTC)", "tags", "note", "settings that differ"]
    rows = [header, *(_row(run, metric, settings) for run, settings in zip(found, differing(found)))]
    kept = [place for place in range(len(header)) if any(row[place] for row in rows[1:])]
    say("\n".join(map(_cut, columns([[row[place] for place in kept] for row in rows]))))
    say(paint(f"{len(found)} of {count} runs", "dim", sys.stdout))
    for label, count in sorted(Counter(map(label_of, found)).items()):
        if label:  # the column may lie beyond the end of the line
            say(paint(f"data: {label} ({count} run{'' if count == 1 else 's'})", "dim", sys.stdout))
    if stale := sum(bool(run.stale) for run in found):
        say(paint(f"* {stale} made by other code of dlrun than this (json=true names it)", "dim",
                  sys.stdout))


def _measure(run: Run, metric: str) -> tuple[str, float | None]:
    """The key that a run is measured by, and its value where the run counts."""
    from dlrun.report.values import primary_key, value_of

    name = metric or primary_key(str(run.config.get("task.kind", "")), [run.result])
    return name, value_of(run.result, name) if run.counted else None


def _row(run: Run, metric: str, settings: str) -> list[str]:
    from dlrun.report.derived import describe
    from dlrun.report.footnotes import label_of
    from dlrun.report.values import metrics_of_all

    name, value = _measure(run, metric)
    shown = describe(name, metrics_of_all([run.result]))
    outcome = f"{shown.title} {shown.text(value, 2)}" if value is not None else run.reason
    outcome = outcome if len(outcome) <= 60 else f"{outcome[:57]}..."
    if run.changed:
        outcome = f"{outcome} (edited or damaged: {', '.join(run.changed)})"
    return [run.folder.parent.name, run.id, f"{run.status.replace('_', ' ')}{' *' if run.stale else ''}", outcome,
            label_of(run), str(run.provenance.get("started", ""))[:16].replace("T", " "), ", ".join(run.tags.tags),
            run.tags.note, settings]


def _cut(line: str) -> str:
    """A line that a terminal holds; a pipe gets it whole."""
    width = room(sys.stdout)
    return line if len(line) <= width else f"{line[:width - 3]}..."


def _remove(runs: Sequence[Run], sure: bool) -> tuple[int, list[RemovedAnswer]]:
    """Remove runs, after a question where nobody has said yes: the exit code, and what became of each."""
    from dlrun.report.remove import keep_reason, remove, size
    from dlrun.report.run import RUNNING

    going = []
    found: list[RemovedAnswer] = []
    for run in runs:
        reason = keep_reason(run.folder) or ("it is running" if run.status == RUNNING else "")
        if reason:
            say(f"{run.folder} stays: {reason}")
            found += _kept([run], reason)
        else:
            going.append(run)
    if not going:
        return 1, found
    asked = f"{len(going)} run{'' if len(going) == 1 else 's'}, {sum(size(run.folder) for run in going) / 1e6:,.1f} MB"
    if not sure:
        if not sys.stdin.isatty():
            say(f"yes=true removes them ({asked})")
            return 0, found + _kept(going, "yes=true removes it")
        if input(f"remove {asked}? [y/N] ").strip().lower() not in ("y", "yes"):
            say("nothing was removed")
            return 0, found + _kept(going, "the answer was no")
    kept = 0
    for run in going:
        reason = remove(run.folder)
        kept += bool(reason)
        say(f"{run.folder} stays: {reason}" if reason else f"removed {run.folder}")
        found += _kept([run], reason)
    return 1 if kept or len(going) < len(runs) else 0, found


def _kept(runs: Sequence[Run], why: str) -> list[RemovedAnswer]:
    return [{"folder": str(run.folder), "stays": why} for run in runs]
