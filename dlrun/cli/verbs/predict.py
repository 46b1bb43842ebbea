"""`dlrun predict RUN FILE...`: a finished run on new rows, texts or pictures; CSV on standard output."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.fields import text, texts
from dlrun.config.schema.root import Root
from dlrun.record.spreadsheet import cell
from dlrun.record.terminal import say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.prepared import Split
    from dlrun.inference.from_table import Table
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
        from dlrun.data.paths import beside

        place = trained(self.places[0], self.output_dir)
        files = [Path(text).expanduser() for text in self.places[1:]]
        for file in files:
            if not file.exists():
                raise problem(str(file), f"no such file{beside(file)}")
            if file.is_dir():
                from dlrun.data.file_rows import nouns_and_suffixes

                _files(file, *nouns_and_suffixes())  # before torch
        from dlrun.inference.load import load_run
        from dlrun.record.folder import RunFolder
        from dlrun.record.metric import metrics_of

        run = load_run(place, self.allow)
        run.check_predicts()
        known = metrics_of(RunFolder(place).result() or {})
        return Answer(partial(_data, run, place, files), partial(_show, run, files, known))


def _data(run: Loaded, place: Path, files: list[Path]) -> PredictAnswer:
    from dlrun.tasks._base.prediction import rows_of_cells

    rows: list[dict[str, Any]] = []
    scores: list[ScoreAnswer] = []
    for part in _parts(run, files):
        rows += [{"input": name, **values}
                 for name, values in zip(part.names, rows_of_cells(run.predictions(part.split)))]
        if part.truth is not None:
            scores.append({"file": part.called, "rows": len(part.truth),
                           "metrics": dict(run.evaluate(part.truth).values)})
    return {"run": str(place), "rows": rows, "scores": scores}


def _show(run: Loaded, files: list[Path], known: Metrics) -> None:
    from dlrun.tasks._base.prediction import rows_of_cells

    writer = csv.writer(sys.stdout, lineterminator="\n")
    header: list[str] = []
    for part in _parts(run, files):
        for name, values in zip(part.names, rows_of_cells(run.predictions(part.split))):
            if not header:
                header = ["input", *values]
                writer.writerow([cell(column) for column in header])
            writer.writerow([cell(name), *map(cell, values.values())])
        if part.truth is not None:
            score = known.sentence(run.evaluate(part.truth).values)
            _note(f"{part.called}: {len(part.truth):,} rows with their targets: {score}")


@dataclass(frozen=True)
class Part:
    """New rows with a name for each; `truth` are those with their targets, where these are there."""

    called: str
    names: list[str]
    split: Split
    truth: Split | None = None


def _parts(run: Loaded, files: list[Path]) -> Iterator[Part]:
    """New rows, file by file; all files of the data set's own kind (pictures, sounds) as one part, behind arrays."""
    from dlrun.data import preprocessing_state as preprocessing
    from dlrun.data.new_texts import texts_of
    from dlrun.inference.from_table import of_table

    arrays = [file for file in files if file.suffix in (".npz", ".npy") and file.is_file()]
    for file in arrays:
        yield _of_arrays(run, file)
    files = [file for file in files if file not in arrays]
    rows = run.config.dataset.file_rows()
    if files and rows.fits(run.kept):
        found = [(place, file) for place in files for file in _files(place, rows.noun, rows.suffixes, _note)]
        new = rows.read(run.kept, [file for _, file in found], _note)
        yield Part(str(files[0]) if len(files) == 1 else rows.noun, new.names, new.split,
                   _with_classes(run, new.split, new.classes or _of_folders([found[place] for place in new.of])))
        return
    for file in files:
        if not file.is_file():
            raise problem(str(file), f"expected a file; this is a {'folder' if file.is_dir() else 'pipe or a device'}")
        if run.kept["vocabulary"] is not None:
            texts = texts_of(file, run.kept["asked"].get("reading", {}).get("text", ""), _note)
            yield Part(str(file), texts, preprocessing.of_texts(run.kept, texts))
            continue
        table = of_table(run.kept, run.config.dataset, file, "", _note)
        yield Part(str(file), [f"{file.name}:{line}" for line in table.found.lines], table.inputs(_note), _truth(table))


def _truth(table: Table) -> Split | None:
    """The rows that have their targets; None where there are none, or others than the run's, which is said."""
    if not table.targets:
        return None
    try:
        return table.complete(_note).labelled(lambda note: None)
    except ConfigError as wrong:
        _note(f"not scored: {wrong.line}")
        return None


def _of_folders(found: list[tuple[Path, Path]]) -> list[str]:
    """The folder in which each file lies, directly below the one that was named; empty for a file that was."""
    return [file.relative_to(place).parts[0] if place != file else "" for place, file in found]


def _with_classes(run: Loaded, split: Split, names: list[str]) -> Split | None:
    """The rows with their classes, where each name is a class of the run."""
    import numpy as np

    places = {name: place for place, name in enumerate(run.data_spec.classes)}
    if run.data_spec.target_kind != "classes" or not all(name in places for name in names):
        return None
    return replace(split, y=np.array([places[name] for name in names], np.int64))


def _files(place: Path, noun: str, suffixes: tuple[str, ...],
           say: Callable[[str], None] = lambda note: None) -> list[Path]:
    """A file as it is named, of a folder the files of this kind in it.  Raises ConfigError where it has none."""
    if not place.is_dir():
        return [place]

    from dlrun.data.formats.class_folders import files_below

    below = files_below(place, suffixes=suffixes)
    if not below.files:
        raise problem(str(place), f"expected a file; this is a folder, without {noun} ({', '.join(suffixes)})")
    if left := below.others + below.outside:
        say(f"{place}: {left:,} files that are no {noun}, or lead out of it, are left out")
    return below.files


def _of_arrays(run: Loaded, file: Path) -> Part:
    """The rows of a NumPy file, and their targets where it has them and they are the run's."""
    from dlrun.data.read import read
    from dlrun.inference.from_source import of_inputs, targets
    from dlrun.inference.labelled import reader

    if "windows" in run.kept["asked"]:
        raise problem(str(file), "expected a text file: this run was trained on windows of a text or a series")
    source = read(reader(run.kept, run.config.dataset, file, str(file)), "", lambda note: None)
    rows, y = of_inputs(run.kept, source, str(file), _note)
    truth = None
    if y is not None:
        try:
            truth = replace(rows, y=targets(run.kept, source.data_spec, y, str(file)))
        except ConfigError as wrong:
            _note(f"not scored: {wrong.line}")
    return Part(str(file), [f"{file.name}:{number}" for number in range(1, len(rows) + 1)], rows, truth)


def _note(note: str) -> None:
    say(note, file=sys.stderr)
