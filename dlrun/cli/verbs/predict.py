"""`dlrun predict RUN FILE...`: a finished run on new rows, texts or pictures; CSV on standard output."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.schema.fields import integer, text, texts
from dlrun.config.schema.root import Root
from dlrun.record.spreadsheet import cell
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.prepared import Split
    from dlrun.inference.load import Loaded
    from dlrun.record.metric import Metrics

BASE_TOP = 5  # classes of a base, which has a thousand


class ScoreAnswer(TypedDict):
    """Rows that have their targets."""

    file: str
    rows: int
    metrics: dict[str, float | None]


class PredictAnswer(TypedDict):
    """What the run says of new rows."""

    run: Annotated[str, "The run's folder, or the base."]
    rows: Annotated[list[dict[str, Any]], "For each its input (a file, or file and line) and what is predicted: class "
                                          "and p(NAME) (with top: class, p, class_2, p_2 ...), a number, a code."]
    scores: Annotated[list[ScoreAnswer], "For each file whose rows have their targets."]


@register("verb", "predict")
@dataclass(frozen=True)
class Predict(Verb):
    """A finished run on new rows, texts or pictures; CSV out.

    Of a classifier the class and the probability of each (top=5: the five most probable classes alone). The name of a
    base (efficientnet_lite0, vgg16) in place of a run predicts the classes that it was published with. Where a table
    has the column that was predicted in training, or pictures lie in folders called as the classes, the score follows
    on standard error; `dlrun evaluate` has all metrics with their intervals.
    """

    places: tuple[str, ...] = positional(
        "RUN FILE...", "A run's folder, the first letters of its id or a base, then tables (.csv, .jsonl, .parquet), "
        "texts (.txt, a line each), arrays (.npy, .npz), pictures, sounds (.wav), drawings (.ndjson) or "
        "folders of these.", least=2, offers=offers.run_folders)
    output_dir: str = text(Root.output_dir, "The folder of all runs, in which ids are looked up.")
    allow: tuple[str, ...] = texts((), "Modules whose code may be run, for a model of your own.", empty=True)
    top: int | None = integer(None, "How many classes of each row, the most probable first; null: the most probable "
                                    "one and the probabilities of all, of a base five.", low=1)
    synonyms: ClassVar[dict[str, str]] = {"infer": "predict", "inference": "predict", "apply": "predict"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun predict runs/digits-cnn-adam/9153d70c0c new.csv > answers.csv", "a class and its probabilities a row"),
        ("dlrun predict efficientnet_lite0 cat.jpg", "five of ImageNet's classes, by a published network"))

    answers: ClassVar[Any] = PredictAnswer

    def answer(self) -> Answer:
        from dlrun.cli.trained import trained
        from dlrun.inference.new_files import existing

        place = trained(self.places[0], self.output_dir, ensembles=True, bases=True)
        files = existing(self.places[1:])  # before torch
        from dlrun.inference.ensemble.folder import load_trained
        from dlrun.inference.trained_folder import unfinished
        from dlrun.record.folder import RunFolder
        from dlrun.record.metric import metrics_of

        run = load_trained(place, self.allow)
        run.check_predicts()
        if note := unfinished(place):
            _note(note)
        known = metrics_of(RunFolder(place).result() or {})
        top = self.top if self.top is not None or run.has_data else BASE_TOP
        return Answer(partial(_data, run, place, files, top), partial(_show, run, files, known, top))


def _cells(run: Loaded, split: Split, top: int | None) -> Iterator[dict[str, str]]:
    """What is predicted of each row."""
    from dlrun.tasks._base.prediction import most_probable, rows_of_cells

    columns = run.predictions(split)
    return rows_of_cells(columns if top is None else most_probable(columns, top))


def _data(run: Loaded, place: Path, files: list[Path], top: int | None) -> PredictAnswer:
    from dlrun.inference.new_files import parts

    rows: list[dict[str, Any]] = []
    scores: list[ScoreAnswer] = []
    for part in parts(run, files, _note):
        rows += [{"input": name, **values}
                 for name, values in zip(part.names, _cells(run, part.split, top))]
        if part.truth is not None:
            scores.append({"file": part.called, "rows": len(part.truth),
                           "metrics": dict(run.evaluate(part.truth).values)})
    return {"run": str(place), "rows": rows, "scores": scores}


def _show(run: Loaded, files: list[Path], known: Metrics, top: int | None) -> None:
    from dlrun.inference.new_files import parts

    writer = csv.writer(sys.stdout, lineterminator="\n")
    header: list[str] = []
    for part in parts(run, files, _note):
        for name, values in zip(part.names, _cells(run, part.split, top)):
            if not header:
                header = ["input", *values]
                writer.writerow([cell(column) for column in header])
            writer.writerow([cell(name), *map(cell, values.values())])
        if part.truth is not None:
            score = known.sentence(run.evaluate(part.truth).values)
            _note(f"{part.called}: {len(part.truth):,} rows with their targets: {score}")


def _note(note: str) -> None:
    say(note, file=sys.stderr)
