"""`dlrun report FOLDER...`: tables over seeds, in the terminal and as files, during a sweep and after it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import text
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.report.table import Report as Tables

PAGE = "report.html"
FILES = f"table.csv, table.md, table.tex, report.json and {PAGE}"


class SummaryAnswer(TypedDict):
    """A mean over seeds, or of paired differences."""

    mean: float | None
    half_width_95: Annotated[float | None, "Half of the 95 % interval by Student's t; null of one seed."]
    sd: float | None
    n: Annotated[int, "How many seeds."]


class RowAnswer(TypedDict):
    """The runs of one setting."""

    labels: Annotated[dict[str, str], "What tells it apart, by column."]
    summary: Annotated[SummaryAnswer | None, "null where no run counts."]
    difference: Annotated[SummaryAnswer | None, "To the row with `reference`, paired by seed."]
    best: bool
    reference: bool
    parameters: int | None
    mean_seconds: float | None
    rows_per_second: Annotated[float | None, "Training rows per second of training time, validation included."]
    peak_memory: Annotated[float | None, "Most bytes of any of its runs: of tensors on a GPU, else of the process."]
    runs: Annotated[list[dict[str, Any]], "id, folder, seed, status, reason, verified, data_label, value, seconds, "
                                          "and the metrics of train, val and test."]


class MatteredAnswer(TypedDict):
    """What one axis mattered."""

    axis: Annotated[str, "A column; at the end what is of combinations and chance."]
    share: Annotated[float, "Of the variance between rows, the mean over seeds."]
    half_width_95: float | None
    n: Annotated[int, "How many seeds."]


class TableAnswer(TypedDict):
    """Rows that can be compared: one data set, one task."""

    title: str
    metric: str
    columns: list[str]
    common: Annotated[dict[str, Any], "Settings that all rows share."]
    differs_besides: Annotated[dict[str, list[str]], "What differs beside the columns, by row."]
    notes: list[str]
    mattered: Annotated[list[MatteredAnswer], "Empty where it cannot be told."]
    rows: list[RowAnswer]


class ReportAnswer(TypedDict):
    """All tables: what report.json has."""

    title: str
    command: Annotated[str, "Of the sweep; empty for folders of runs."]
    tables: list[TableAnswer]
    written: Annotated[list[str], "The files that into= has written."]


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

    answers: ClassVar[Any] = ReportAnswer

    def answer(self) -> Answer:
        from dlrun.report.collect import collect
        from dlrun.report.files import as_data, write_files
        from dlrun.report.find import locate

        runs = Path(Root.output_dir)
        if not self.folders and not runs.is_dir():
            raise problem("report", f"no folder {runs} is here; name one:  dlrun report FOLDER")
        paths = [locate(place, runs) for place in self.folders] or [runs]
        report = collect(paths, self.metric, self.versus)
        written = [] if self.into is None else write_files(report, Path(self.into).expanduser())
        return Answer(lambda: {**as_data(report), "written": [str(path) for path in written]},
                      partial(_show, report, paths, written))


def _show(report: Tables, paths: list[Path], written: list[Path]) -> None:
    from dlrun.report.terminal import print_report

    print_report(report, sys.stdout)
    say()
    if written:
        say("\n".join(map(str, written)))
        return
    page = paths[0] / "reports" / PAGE
    if len(paths) == 1 and page.is_file():
        say(f"{page}  (as the sweep has written it)")
    say(f"into=FOLDER writes {FILES}")
