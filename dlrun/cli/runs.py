"""`dlrun runs [words]`: the runs in a folder, chosen by words; `dlrun runs remove words` removes them, asked before."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.cli.say import columns, paint
from dlrun.config.problem import problem
from dlrun.config.schema.root import Root

if TYPE_CHECKING:
    from dlrun.report.run import Run

_OWN = {"output_dir": Root.output_dir, "metric": "", "yes": "false"}


def main(words: Sequence[str]) -> int:
    from dlrun.report.find import run_folders
    from dlrun.report.run import read_run
    from dlrun.report.select import select

    own = {**_OWN, **{key: value for key, _, value in (word.partition("=") for word in words) if key in _OWN}}
    rest = [word for word in words if word.partition("=")[0] not in _OWN]
    removing = rest[:1] == ["remove"]
    chosen = rest[1:] if removing else rest
    if own["yes"] not in ("true", "false"):
        raise problem(f"yes={own['yes']}", "true or false is wanted")
    if removing and not chosen:
        raise problem("runs remove", "words that choose are wanted, as  status=failed  or  an id")
    below = Path(own["output_dir"]).expanduser()
    if not below.is_dir():
        raise problem(f"output_dir={below}", "no such folder")
    runs = [read_run(folder) for folder in run_folders(below)]
    found = sorted(select(runs, chosen), key=lambda run: (str(run.provenance.get("started", "")), run.name))
    if not found:
        print(f"none of {len(runs)} runs in {below} is like that" if runs else f"no run lies in {below}")
        return 0
    head = ["name", "id", "status", "measure", "started (UTC)"]
    print("\n".join(columns([head, *(_row(run, own["metric"]) for run in found)])))
    print(paint(f"{len(found)} of {len(runs)} runs", "dim", sys.stdout))
    return _remove(found, own["yes"] == "true") if removing else 0


def _row(run: Run, metric: str) -> list[str]:
    from dlrun.record.words import metric as said
    from dlrun.report.measure import natural, title, value_of

    name = metric or natural(str(run.config.get("task.kind", "")), [run.result])
    value = value_of(run.result, name) if run.counted else None
    told = f"{title(name)} {said(name, value, 2)}" if value is not None else run.reason
    told = told if len(told) <= 60 else f"{told[:57]}..."
    return [run.folder.parent.name, run.id, run.status.replace("_", " "), told,
            str(run.provenance.get("started", ""))[:16].replace("T", " ")]


def _remove(runs: Sequence[Run], sure: bool) -> int:
    from dlrun.report.remove import keep_reason, remove, size
    from dlrun.report.run import RUNNING

    going = []
    for run in runs:
        reason = keep_reason(run.folder) or ("it is running" if run.status == RUNNING else "")
        if reason:
            print(f"{run.folder} stays: {reason}")
        else:
            going.append(run)
    if not going:
        return 1
    asked = f"{len(going)} run{'' if len(going) == 1 else 's'}, {sum(size(run.folder) for run in going) / 1e6:,.1f} MB"
    if not sure:
        if not sys.stdin.isatty():
            print(f"yes=true removes them ({asked})")
            return 0
        if input(f"remove {asked}? [y/N] ").strip().lower() not in ("y", "yes"):
            print("nothing was removed")
            return 0
    kept = 0
    for run in going:
        reason = remove(run.folder)
        kept += bool(reason)
        print(f"{run.folder} stays: {reason}" if reason else f"removed {run.folder}")
    return 1 if kept or len(going) < len(runs) else 0
