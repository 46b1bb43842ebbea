"""`dlrun evaluate RUN DATA`: a finished run on rows with targets, all metrics with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, integer, text, texts
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register

RESAMPLES = 1000


class EvaluateAnswer(TypedDict):
    """What was measured."""

    run: Annotated[str, "The run's folder."]
    data: Annotated[str, "What it was measured on."]
    rows: int
    metrics: Annotated[dict[str, dict[str, float | None]], "By name: value, and low and high of its interval."]
    over: Annotated[str, "What the intervals are over: rows, a column, blocks."]
    units: Annotated[int, "How many of these there are."]
    level: Annotated[float, "Of the intervals."]
    trained_on: Annotated[bool, "Whether the data is a file that the run read its training rows from."]
    row: Annotated[dict[str, Any], "The whole line of evaluations.jsonl."]
    file: Annotated[str, "The file that it was added to."]


@register("verb", "evaluate")
@dataclass(frozen=True)
class Evaluate(Verb):
    """A finished run on rows with targets: all metrics, each with an interval over these rows.

    DATA is read as the training's was: a table with its target column, a folder of pictures by class, a series,
    labelled texts, a text, arrays (.npz), or the name of another data set; of one with a test part those rows. Without
    DATA it is the run's own test rows. The table is printed and is one more line of evaluations.jsonl in the run's
    folder; its result stays as it is.

    An interval says how far the number would move with other rows of this kind (bootstrap, 95 %), not with other seeds:
    those give other weights. Rows of one group=COLUMN are drawn together, windows of a series in blocks.
    """

    places: tuple[str, ...] = positional(
        "RUN [DATA]", "A run's folder or the first letters of its id, then a file, a folder or the name of a data set.",
        least=1, most=2, offers=offers.run_folders)
    metrics: tuple[str, ...] = texts((), "Some metrics alone, by name; all without it.", empty=True, scalar=True)
    target: str = text("", "The table's column with the truth, where it is not called as in training.")
    group: str = text("", "The table's column whose equal cells belong together (a patient, a day): they are drawn "
                          "together.")
    weights: str = choice("measured", ("measured", "best", "last"),
                          "Whose metrics: of the weights that the result was measured with, the best or the last.")
    resamples: int = integer(RESAMPLES, "How often the rows are drawn anew for the intervals; 0 for none.", low=0,
                             high=100_000)
    into: str | None = text(None, "The folder whose evaluations.jsonl gets the line, in place of the run's.")
    output_dir: str = text(Root.output_dir, "The folder of all runs, in which ids are looked up.")
    allow: tuple[str, ...] = texts((), "Modules whose code may be run, for a model of your own.", empty=True)
    synonyms: ClassVar[dict[str, str]] = {"eval": "evaluate", "test": "evaluate", "score": "evaluate"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun evaluate runs/wine-dense-adam/9153d70c0c new.csv", "all metrics on a table of new rows"),
        ("dlrun evaluate 9153 new.csv group=patient metrics=[f1,roc_auc]", "two of them; a patient's rows together"),
    )

    answers: ClassVar[Any] = EvaluateAnswer

    def answer(self) -> Answer:
        from dlrun.cli.trained import trained
        from dlrun.record.folder import RunFolder

        folder, data = trained(self.places[0], self.output_dir, ensembles=True), "".join(self.places[1:])
        into = folder if self.into is None else Path(self.into).expanduser()
        if not into.is_dir():
            raise problem(f"into={self.into}", "no such folder")
        if not data and (self.target or self.group):
            raise problem("evaluate", "target= and group= name columns of a table; expected one behind the run")
        from dlrun.inference.evaluate_run import Options, evaluate_run
        from dlrun.record.evaluation_lines import evaluation_lines
        from dlrun.record.evaluations import append

        options = Options(self.metrics, self.target, self.group, self.weights, self.resamples, self.allow)
        row = evaluate_run(folder, data, options, _note)
        result = RunFolder(folder).result() or {}
        file = append(into, row)
        found: EvaluateAnswer = {
            "run": str(folder), "data": row["data"], "rows": row["rows"], "metrics": row["metrics"],
            "over": row["over"], "units": row["units"], "level": row["level"], "trained_on": row["trained_on"],
            "row": row, "file": str(file)}
        lines = evaluation_lines(row, result, f"{folder.absolute().parent.name}/{folder.absolute().name}")
        return Answer(lambda: found, partial(say, *lines, f"added to {file}", sep="\n"))


def _note(note: str) -> None:
    import sys

    say(note, file=sys.stderr)
