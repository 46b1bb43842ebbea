"""Files in a folder for each class (pictures, sounds), as a run's network sees them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.kinds import DatasetKind
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.file_rows import FileRows, NewRows
from dlrun.data.formats.class_folders import files_below, folders_below
from dlrun.data.prepared import Split


def of_folder(kept: dict[str, Any], dataset: DatasetKind, root: Path, say: Callable[[str], None]) -> Split:
    """The files below folders that are called as the run's classes; below test/, where there is one.

    Raises ConfigError for another run's data, for a folder that is no class, and where there are no such files.
    """
    spec, rows = preprocessing.data_spec(kept), dataset.file_rows()
    if not rows.fits(kept) or spec.target_kind != "classes":
        raise problem(str(root), f"expected a file; this run was trained on {spec.input_kind} data with targets of the "
                                 f"kind {spec.target_kind}, a folder holds files of rows by class")
    if (tests := test_folder(root, spec.classes)) != root:
        root = tests
        say(f"the {rows.noun} of {root} are measured, not those beside it")
    files: list[Path] = []
    places: list[int] = []
    for folder in folders_below(root):
        name = folder.name
        below = files_below(folder, root.resolve(), rows.suffixes).files
        if below and name not in spec.classes:
            near = did_you_mean(name, spec.classes) or f"; they are {', '.join(spec.classes[:20])}"
            raise problem(str(folder), f"expected folders called as the classes of the run{near}")
        files += below
        places += [spec.classes.index(name)] * len(below) if below else []
    if not files and (named := _named(rows, kept, root, say)) is not None:
        return named
    if not files:
        raise problem(str(root), f"expected a folder with {rows.noun} ({', '.join(rows.suffixes)}) for each class")
    found: NewRows = rows.read(kept, files, say)
    return dataclasses.replace(found.split, y=np.array(places, np.int64)[found.of])


def test_folder(root: Path, classes: Collection[str]) -> Path:
    """The folder of its test rows, where it has one and no class is called so; else the folder itself."""
    return root / "test" if (root / "test").is_dir() and "test" not in classes else root


def _named(rows: FileRows, kept: dict[str, Any], root: Path, say: Callable[[str], None]) -> Split | None:
    """The files directly in a folder, whose rows name their class themselves; None where they do not."""
    files = files_below(root, root.resolve(), rows.suffixes).files
    found = rows.read(kept, files, say) if files else None
    if found is None or found.classes is None:
        return None
    known = preprocessing.data_spec(kept).classes
    for name in sorted({*found.classes} - {*known}):
        near = did_you_mean(name, known) or f"; they are {', '.join(known[:20])}"
        raise problem(str(root), f'"{name}" is no class of the run{near}')
    return dataclasses.replace(found.split, y=np.array([known.index(name) for name in found.classes], np.int64))


def file_of_each_class(dataset: DatasetKind, root: Path, classes: Sequence[str]) -> dict[str, str]:
    """Files in a folder that are called as classes of the run, where its data set has a file for each class."""
    suffixes = getattr(dataset, "suffixes", ())
    if not isinstance(getattr(dataset, "path", None), dict):
        return {}
    return {path.stem: str(path) for path in sorted(root.iterdir())
            if path.suffix in suffixes and path.stem in classes and path.is_file()}
