"""New files as rows of a run: tables, texts, arrays, pictures, sounds, and folders of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config.problem import ConfigError, problem

if TYPE_CHECKING:
    from dlrun.data.prepared import Split
    from dlrun.inference.from_table import Table
    from dlrun.inference.load import Loaded

Say = Callable[[str], None]
ARRAYS = (".npz", ".npy")


def existing(texts: Iterable[str]) -> list[Path]:
    """The files and folders of these names; ConfigError for one that is not there, or holds nothing of use.

    Torch is not loaded.
    """
    from dlrun.data.file_rows import nouns_and_suffixes
    from dlrun.data.paths import beside

    found = [Path(text).expanduser() for text in texts]
    for file in found:
        if not file.exists():
            raise problem(str(file), f"no such file{beside(file)}")
        if file.is_dir():
            nouns, suffixes = nouns_and_suffixes()
            _files(file, f"{nouns}, or arrays", (*suffixes, *ARRAYS))
    return found


@dataclass(frozen=True)
class Part:
    """New rows with a name for each; `truth` are those with their targets, where these are there."""

    called: str
    names: list[str]
    split: Split
    truth: Split | None = None


def parts(run: Loaded, files: Sequence[Path], say: Say) -> Iterator[Part]:
    """New rows, file by file; all files of the data set's own kind (pictures, sounds) as one part, behind arrays."""
    from dlrun.data import preprocessing_state as preprocessing
    from dlrun.data.new_texts import texts_of
    from dlrun.inference.from_table import of_table

    rows = run.config.dataset.file_rows()
    own = rows.suffixes if rows.fits(run.kept) else ()
    files = [one for file in files for one in _with_arrays(file, own)]
    arrays = [file for file in files if file.suffix in ARRAYS and file.is_file()]
    for file in arrays:
        yield _of_arrays(run, file, say)
    files = [file for file in files if file not in arrays]
    if files and own:
        found = [(place, file) for place in files for file in _files(place, rows.noun, rows.suffixes, say)]
        new = rows.read(run.kept, [file for _, file in found], say)
        yield Part(str(files[0]) if len(files) == 1 else rows.noun, new.names, new.split,
                   _with_classes(run, new.split, new.classes or _of_folders([found[place] for place in new.of])))
        return
    for file in files:
        if not file.is_file():
            raise problem(str(file), f"expected a file; this is a {'folder' if file.is_dir() else 'pipe or a device'}")
        if run.kept["vocabulary"] is not None:
            texts = texts_of(file, run.kept["asked"].get("reading", {}).get("text", ""), say)
            yield Part(str(file), texts, preprocessing.of_texts(run.kept, texts))
            continue
        table = of_table(run.kept, run.config.dataset, file, "", say)
        yield Part(str(file), [f"{file.name}:{line}" for line in table.found.lines], table.inputs(say),
                   _truth(table, say))


def _with_arrays(place: Path, own: tuple[str, ...]) -> list[Path]:
    """A file as it is named; in place of a folder without files that end as the run's `own` its arrays."""
    from dlrun.data.formats.class_folders import files_below

    if not place.is_dir() or (own and files_below(place, suffixes=own).files):
        return [place]
    return files_below(place, suffixes=ARRAYS).files or [place]


def _truth(table: Table, say: Say) -> Split | None:
    """The rows that have their targets; None where there are none, or others than the run's, which is said."""
    if not table.targets:
        return None
    try:
        scored = table.complete(say, "not scored")
        return replace(scored.inputs(lambda note: None), y=scored.truth(say))
    except ConfigError as wrong:
        say(f"not scored: {wrong.line}")
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


def _files(place: Path, noun: str, suffixes: tuple[str, ...], say: Say = lambda note: None) -> list[Path]:
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


def _of_arrays(run: Loaded, file: Path, say: Say) -> Part:
    """The rows of a NumPy file, and their targets where it has them and they are the run's."""
    from dlrun.data.read import read
    from dlrun.inference.from_source import of_inputs, targets
    from dlrun.inference.labelled import reader

    if "windows" in run.kept["asked"]:
        raise problem(str(file), "expected a text file: this run was trained on windows of a text or a series")
    source = read(reader(run.kept, run.config.dataset, file, str(file)), "", lambda note: None)
    rows, y = of_inputs(run.kept, source, str(file), say)
    truth = None
    if y is not None:
        try:
            truth = replace(rows, y=targets(run.kept, source.data_spec, y, str(file)))
        except ConfigError as wrong:
            say(f"not scored: {wrong.line}")
    return Part(str(file), [f"{file.name}:{number}" for number in range(1, len(rows) + 1)], rows, truth)
