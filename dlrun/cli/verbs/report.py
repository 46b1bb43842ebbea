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

PAGE = "report.html"
FILES = f"table.csv, table.md, table.tex, report.json and {PAGE}"


@register("verb", "report")
@dataclass(frozen=True)
class Report(Verb):
    """Tables over seeds of a sweep or of any folder of runs; CSV, Markdown, LaTeX, JSON, a page.

    Runs that differ in nothing but the seed are one row. Nothing is written without into=FOLDER; a sweep writes its
    own files, in reports/ of its folder, as it ends.
    """

    folders: tuple[str, ...] = positional(
        "FOLDER ...", f"Folders of runs or sweeps, names of sweeps, or first letters of ids; {Root.output_dir} without "
        "one.", offers=offers.run_folders)
    metric: str | None = text(None, "The metric shown, as in test/accuracy, f1 (of the test rows), best/val/loss, "
                                    "seconds; the task's own without one.")
    versus: str | None = text(None, "The row that the others are compared with; the best without one; "
                                    "baselines adds rows of scikit-learn's models and takes the best of them.")
    into: str | None = text(None, f"The folder for {FILES}.")
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
        if self.into is not None:
            written = write(paths, Path(self.into).expanduser(), self.metric, self.versus)
        show(paths, sys.stdout, self.metric, self.versus)
        say()
        if self.into is not None:
            say("\n".join(map(str, written)))
            return 0
        page = paths[0] / "reports" / PAGE
        if len(paths) == 1 and page.is_file():
            say(f"{page}  (as the sweep has written it)")
        say(f"into=FOLDER writes {FILES}")
        return 0
