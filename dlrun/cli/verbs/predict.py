"""`dlrun predict RUN FILE...`: a finished run on new rows, texts or pictures; CSV on standard output."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.schema.fields import text, texts
from dlrun.config.schema.root import Root
from dlrun.record.spreadsheet import cell
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.inference.load import Loaded
    from dlrun.record.metric import Metrics


class ScoreAnswer(TypedDict):
    """Rows that have their targets."""

    file: str
    rows: int
    metrics: dict[str, float | None]


class PredictAnswer(TypedDict):
    """What the run says of new rows."""

    run: Annotated[str, "The run's folder."]
    rows: Annotated[list[dict[str, Any]], "For each its input (a file, or file and line) and what is predicted: class "
                                          "and p(NAME), a number, a code."]
    scores: Annotated[list[ScoreAnswer], "For each file whose rows have their targets."]


@register("verb", "predict")
@dataclass(frozen=True)
class Predict(Verb):
    """A finished run on new rows, texts or pictures; CSV out.

    Of a classifier the class and the probability of each. Where a table has the column that was predicted in training,
    or pictures lie in folders called as the classes, the score follows on standard error; `dlrun evaluate` has all
    metrics with their intervals.
    """

    places: tuple[str, ...] = positional(
        "RUN FILE...", "A run's folder or the first letters of its id, then tables (.csv, .jsonl, .parquet), texts "
        "(.txt, a line each), arrays (.npy, .npz), pictures, sounds (.wav), drawings (.ndjson) or "
        "folders of these.", least=2, offers=offers.run_folders)
    output_dir: str = text(Root.output_dir, "The folder of all runs, in which ids are looked up.")
    allow: tuple[str, ...] = texts((), "Modules whose code may be run, for a model of your own.", empty=True)
    synonyms: ClassVar[dict[str, str]] = {"infer": "predict", "inference": "predict", "apply": "predict"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun predict runs/digits-cnn-adam/9153d70c0c new.csv > answers.csv", "a class and its probabilities a row"),)

    answers: ClassVar[Any] = PredictAnswer

    def answer(self) -> Answer:
        from dlrun.cli.trained import trained
        from dlrun.inference.new_files import existing

        place = trained(self.places[0], self.output_dir, ensembles=True)
        files = existing(self.places[1:])  # before torch
        from dlrun.inference.ensemble.folder import load_trained
        from dlrun.record.folder import RunFolder
        from dlrun.record.metric import metrics_of

        run = load_trained(place, self.allow)
        run.check_predicts()
        known = metrics_of(RunFolder(place).result() or {})
        return Answer(partial(_data, run, place, files), partial(_show, run, files, known))


def _data(run: Loaded, place: Path, files: list[Path]) -> PredictAnswer:
    from dlrun.inference.new_files import parts
    from dlrun.tasks._base.prediction import rows_of_cells

    rows: list[dict[str, Any]] = []
    scores: list[ScoreAnswer] = []
    for part in parts(run, files, _note):
        rows += [{"input": name, **values}
                 for name, values in zip(part.names, rows_of_cells(run.predictions(part.split)))]
        if part.truth is not None:
            scores.append({"file": part.called, "rows": len(part.truth),
                           "metrics": dict(run.evaluate(part.truth).values)})
    return {"run": str(place), "rows": rows, "scores": scores}


def _show(run: Loaded, files: list[Path], known: Metrics) -> None:
    from dlrun.inference.new_files import parts
    from dlrun.tasks._base.prediction import rows_of_cells

    writer = csv.writer(sys.stdout, lineterminator="\n")
    header: list[str] = []
    for part in parts(run, files, _note):
        for name, values in zip(part.names, rows_of_cells(run.predictions(part.split))):
            if not header:
                header = ["input", *values]
                writer.writerow([cell(column) for column in header])
            writer.writerow([cell(name), *map(cell, values.values())])
        if part.truth is not None:
            score = known.sentence(run.evaluate(part.truth).values)
            _note(f"{part.called}: {len(part.truth):,} rows with their targets: {score}")


def _note(note: str) -> None:
    say(note, file=sys.stderr)
