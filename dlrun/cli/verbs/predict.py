"""`dlrun predict RUN FILE...`: a finished run on new rows, texts or pictures; CSV on standard output."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from dlrun.cli import offers
from dlrun.cli.verb import Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import texts
from dlrun.record.spreadsheet import cell
from dlrun.record.terminal import say
from dlrun.registry import register


@register("verb", "predict")
@dataclass(frozen=True)
class Predict(Verb):
    """A finished run on new rows, texts or pictures; CSV out."""

    places: tuple[str, ...] = positional(
        "RUN FILE...", "A run's folder, then tables (.csv), texts (.txt, a line each), pictures or folders of these.",
        least=2, offers=offers.run_folders)
    allow: tuple[str, ...] = texts((), "Modules whose code may be run, for a model of your own.", empty=True)
    synonyms: ClassVar[dict[str, str]] = {"infer": "predict", "inference": "predict", "apply": "predict"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun predict runs/digits-cnn-adam/9153d70c0c new.csv > answers.csv", "a class and its probabilities a row"),)

    def run(self) -> int:
        from dlrun.inference.trained_folder import trained_folder

        place, *files = (Path(text).expanduser() for text in self.places)
        trained_folder(place)  # before torch, which takes seconds
        for file in files:
            if not file.exists():
                raise problem(str(file), "no such file")
            _pictures(file)
        from dlrun.inference.load import load_run
        from dlrun.tasks._base.prediction import rows_of_cells

        run = load_run(place, self.allow)
        writer = csv.writer(sys.stdout, lineterminator="\n")
        header: list[str] = []
        for names, part in _parts(run, files):
            for name, values in zip(names, rows_of_cells(run.predictions(part))):
                if not header:
                    header = ["input", *values]
                    writer.writerow([cell(column) for column in header])
                writer.writerow([cell(name), *map(cell, values.values())])
        return 0


def _parts(run: Any, files: list[Path]) -> Iterator[tuple[list[str], Any]]:
    """New rows with a name for each, file by file; all pictures as one part."""
    from dlrun.data import preprocessing_state as preprocessing
    from dlrun.data.formats.separated import text_of
    from dlrun.data.new_pictures import of_images

    run.check_predicts()
    if run.data_spec.input_kind == "image":
        files = [file for place in files for file in _pictures(place, _note)]
        yield [str(file) for file in files], of_images(run.kept, files, _note)
        return
    for file in files:
        if not file.is_file():
            raise problem(str(file), f"expected a file; this is a {'folder' if file.is_dir() else 'pipe or a device'}")
        if run.kept["vocabulary"] is not None:
            lines = [line for line in text_of(file).splitlines() if line.strip()]
            yield lines, preprocessing.of_texts(run.kept, lines)
            continue
        numbers, rows = preprocessing.of_table(run.kept, file, _note)
        yield [f"{file.name}:{line}" for line in numbers], rows


def _pictures(place: Path, say: Callable[[str], None] = lambda note: None) -> list[Path]:
    """A file as it is named, of a folder the pictures that lie in it.  Raises ConfigError where it has none."""
    if not place.is_dir():
        return [place]

    from dlrun.data.formats.class_folders import SUFFIXES, pictures_below

    below = pictures_below(place)
    if not below.files:
        raise problem(str(place), f"expected a file; this is a folder, without pictures ({', '.join(SUFFIXES)})")
    if left := below.others + below.outside:
        say(f"{place}: {left:,} files that are no pictures, or lead out of it, are left out")
    return below.files


def _note(note: str) -> None:
    say(note, file=sys.stderr)
