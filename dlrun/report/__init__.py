"""Reports: what lies in run folders as tables, files and a page.  Reads these folders alone, and never torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO


def show(paths: Sequence[Path], stream: TextIO, metric: str | None = None, versus: str | None = None) -> None:
    """Print the tables of the runs in `paths` (run folders, sweeps' folders, folders above runs).

    `metric` is a name as in ``test/accuracy``; without one it is the task's own.  `versus` names the row that the
    others are compared with; without one it is the best.  Raises ConfigError where no runs, metric or row of that name
    are.
    """
    from dlrun.report.collect import collect
    from dlrun.report.terminal import print_report

    print_report(collect(paths, metric, versus), stream)


def write(paths: Sequence[Path], into: Path, metric: str | None = None, versus: str | None = None) -> list[Path]:
    """Write table.csv, table.md, table.tex, report.json and report.html into a folder; the files written.

    The same runs give the same bytes.  Measured times stand in columns whose names contain "seconds" (of the CSV, the
    JSON file and the page); the page also says on which days the runs were made.
    """
    from dlrun.report.collect import collect
    from dlrun.report.files import write_files

    return write_files(collect(paths, metric, versus), into)


def publish(path: Path, into: Path, stream: TextIO, metric: str | None = None, versus: str | None = None) -> None:
    """`show` and `write` of what lies in a folder, which is read once."""
    from dlrun.report.collect import collect
    from dlrun.report.files import write_files
    from dlrun.report.terminal import print_report

    found = collect([path], metric, versus)
    print_report(found, stream)
    write_files(found, into)
