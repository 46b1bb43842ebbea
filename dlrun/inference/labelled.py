"""New rows with their targets, from a file, a folder or another data set, read as the training's were."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.kinds import DatasetKind
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.form import BYTE_PAIRS
from dlrun.data.prepared import Split
from dlrun.data.read import read
from dlrun.data.source import RawDataset
from dlrun.inference.from_source import of_source
from dlrun.inference.from_table import of_table
from dlrun.inference.units import Groups

Say = Callable[[str], None]


@dataclass(frozen=True)
class Labelled:
    """Rows with targets; where they stand in a table's column also the group of each.

    `test`: they are the test rows of what was named, which has others, too.
    """

    split: Split
    groups: Groups | None = None
    test: bool = False


def labelled(kept: dict[str, Any], dataset: DatasetKind, given: str, data_dir: str, say: Say, target: str = "",
             group: str = "") -> Labelled:
    """The rows of a file or folder, or of the data set of this name; of one with a test part those.

    `kept` is what the run has fitted, `dataset` its data set.  `target` names the column of the truth where it is not
    called as in training, `group` that of rows that belong together, where it is not that of the training.

    Raises ConfigError for what does not fit the run.
    """
    path, table = Path(given).expanduser(), preprocessing.is_table(kept)
    if path.is_file() and table and path.suffix not in (".npz", ".npy"):
        found = of_table(kept, dataset, path, target, say).complete(say)
        column = group_column(kept)
        return Labelled(found.labelled(say), found.groups(group or (column if column in found.found.names else "")))
    for key, value in (("target", target), ("group", group)):
        if value:
            raise problem(f"{key}={value}", "expected a table in a text file; other data has no columns")
    if path.is_dir():
        from dlrun.inference.from_folder import file_of_each_class, of_folder, test_folder

        if each := file_of_each_class(dataset, path, preprocessing.data_spec(kept).classes):
            return _of_source(kept, read(_read_whole(dataset, each), data_dir, say), given, say)
        return Labelled(of_folder(kept, dataset, path, say),
                        test=test_folder(path, preprocessing.data_spec(kept).classes) != path)
    if path.exists() and not path.is_file():
        raise problem(given, "expected a file or a folder; this is a pipe or a device")
    return _of_source(kept, read(reader(kept, dataset, path, given), data_dir, say), given, say)


def _of_source(kept: dict[str, Any], source: RawDataset, given: str, say: Say) -> Labelled:
    return Labelled(of_source(kept, source, given, say), test=source.x_test is not None)


def group_column(kept: dict[str, Any]) -> str:
    """The column, or array, whose equal values belong together in the training; empty without one."""
    return str(kept["asked"].get("reading", {}).get("group", ""))


def reader(kept: dict[str, Any], dataset: DatasetKind, path: Path, given: str) -> DatasetKind:
    """The data set that reads a file as the run's own reads its files, or the one of this name."""
    from dlrun.registry import find, names

    spec, found = preprocessing.data_spec(kept), str(path)
    own: Any = dataset  # its fields are those of its own class
    made: DatasetKind
    if not path.exists():
        if given not in names("dataset"):
            raise problem(given, f"no such file, folder or data set{did_you_mean(given, names('dataset'))}")
        if _has_path(find("dataset", given)):
            raise problem(given, "expected the file or folder itself; no such one is here")
        made = _cut_alike(kept, find("dataset", given)())
    elif path.suffix in (".npz", ".npy") and (dataset.kind == "npz" or path.suffix not in own.suffixes):
        targets = spec.target_kind if spec.target_kind in ("number", "classes") else "auto"
        if spec.target_kind == "several" and not any(head.classes for head in spec.heads):
            targets = "number"
        layout = "series" if spec.input_kind == "series" else "auto"
        npz = own if dataset.kind == "npz" else find("dataset", "npz")(scale="none")  # the run's own scale is taken
        unnamed: dict[str, str] = {} if path.suffix == ".npz" else {"x": "", "y": ""}  # a single array has no name
        made = dataclasses.replace(npz, path=found, targets=targets, targets_path="", layout=layout, test_path="",
                                   test_targets_path="", group="", order="", **unnamed).new_rows()
    elif dataset.kind == "series":
        made = own.further(found, spec, kept["asked"].get("reading", {}))
    elif _has_path(own):
        made = _read_whole(own, found)
    elif spec.next_token:
        words = preprocessing.vocabulary(kept)
        assert words is not None
        cut = {key: getattr(own, key) for key in ("newlines", "ascii_only", "punctuation") if hasattr(own, key)}
        made = find("dataset", "text")(path=found, unit=words.unit, lower=words.lower, **cut)
    elif "windows" in kept["asked"]:
        made = find("dataset", "series")(path=found, target=spec.target_name).further(found, spec, {})
    elif kept["vocabulary"] is not None:
        made = _cut_alike(kept, find("dataset", "labelled_text")(path=found).new_rows())
    else:
        raise problem(given, f"this run was trained on {spec.input_kind} data; expected a .npz file"
                             + (" or a folder of pictures, a folder a class" if spec.input_kind == "image" else ""))
    return made


def _read_whole(dataset: DatasetKind, path: str | dict[str, str]) -> DatasetKind:
    """A data set that reads other files, all rows of them: nothing in them is told apart."""
    own: Any = dataset  # its fields are those of its own class
    split = {key: "" for key in ("test_path", "group", "order") if getattr(own, key)}
    made: DatasetKind = dataclasses.replace(own, path=path, **split).new_rows()
    return made


def _cut_alike(kept: dict[str, Any], made: Any) -> Any:
    """A data set of texts, cut as the run's are where it can be: only whole texts can be cut into byte pairs."""
    words = preprocessing.vocabulary(kept)
    cut = words is not None and words.unit == BYTE_PAIRS and any(
        field.name == "unit" for field in dataclasses.fields(made))
    return dataclasses.replace(made, unit=BYTE_PAIRS) if cut else made


def _has_path(kind: Any) -> bool:
    """Whether a data set, or its class, is a file of the user's own."""
    return any(field.name == "path" for field in dataclasses.fields(kind))
