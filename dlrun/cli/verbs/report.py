"""`dlrun report FOLDER...`: tables over seeds, in the terminal and as files, during a sweep and after it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dlrun.cli import offers
from dlrun.cli.verb import Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import text
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register


@register("verb", "report")
@dataclass(frozen=True)
class Report(Verb):
    """Tables over seeds of a sweep or of any folder of runs; CSV, Markdown, LaTeX, JSON, a page.

    Runs that differ in nothing but the seed are one row. A sweep's folder gets its files in reports/; other folders
    get them by into=FOLDER.
    """

    folders: tuple[str, ...] = positional(
        "FOLDER ...", f"Folders of runs or sweeps, names of sweeps, or first letters of ids; {Root.output_dir} without "
        "one.", offers=offers.run_folders)
    metric: str | None = text(None, "The metric shown, as in test/accuracy, f1 (of the test rows), best/val/loss, "
                                    "seconds; the task's own without one.")
    versus: str | None = text(None, "The row that the others are compared with; the best without one.")
    into: str | None = text(None, "The folder for table.csv, table.md, table.tex, report.json and report.html.")
    synonyms: ClassVar[dict[str, str]] = {"table": "report", "tables": "report", "results": "report", "plot": "report"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun report runs", "all runs of this folder"),
        ("dlrun report runs metric=val/loss versus='cnn adam'", "another metric, another row to compare with"),
    )

    def run(self) -> int:
        from dlrun.report import show, write
        from dlrun.report.find import locate

        runs = Path(Root.output_dir)
        if not self.folders and not runs.is_dir():
            raise problem("report", f"no folder {runs} is here; name one:  dlrun report FOLDER")
        paths = [locate(place, runs) for place in self.folders] or [runs]
        show(paths, sys.stdout, self.metric, self.versus)
        is_sweep = len(paths) == 1 and (paths[0] / "plan.json").is_file()
        into = Path(self.into).expanduser() if self.into is not None else paths[0] / "reports" if is_sweep else None
        say()
        if into is None:
            say("into=FOLDER writes table.csv, table.md, table.tex, report.json and report.html")
            return 0
        for path in write(paths, into, self.metric, self.versus):
            say(path)
        return 0
