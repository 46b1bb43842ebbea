"""`dlrun report FOLDER...`: tables over seeds, in the terminal and as files, during a sweep and after it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from dlrun.config.problem import problem
from dlrun.config.schema.root import Root

_KEYS = ("metric", "versus", "into")


def main(words: Sequence[str]) -> int:
    from dlrun.cli.say import split_keys
    from dlrun.report import show, write
    from dlrun.report.find import locate

    values, places = split_keys(words, _KEYS)
    runs = Path(Root.output_dir)
    if not places and not runs.is_dir():
        raise problem("report", f"no folder {runs} is here; name one:  dlrun report FOLDER")
    paths = [locate(place, runs) for place in places] or [runs]
    metric, versus = values.get("metric"), values.get("versus")
    show(paths, sys.stdout, metric, versus)
    is_sweep = len(paths) == 1 and (paths[0] / "plan.json").is_file()
    into = Path(values["into"]).expanduser() if "into" in values else paths[0] / "reports" if is_sweep else None
    print()
    if into is None:
        print("into=FOLDER writes table.csv, table.md, table.tex, report.json and report.html")
        return 0
    for path in write(paths, into, metric, versus):
        print(path)
    return 0
