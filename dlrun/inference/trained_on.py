"""Whether the file that a run is measured on is one that it was trained on, by its content."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from dlrun.config.schema.kinds import DatasetKind
from dlrun.data.paths import sha256
from dlrun.inference.from_folder import test_folder
from dlrun.record.folder import RunFolder
from dlrun.record.stored import Damaged


def trained_on(folders: Iterable[Path], dataset: DatasetKind, named: str, classes: Collection[str]) -> bool:
    """Whether one of the runs in `folders` read its training rows from this file or folder, or this data set.

    A file is the same where its bytes are, wherever it lies; of a folder, or one in it, it is the place that counts.  A
    file of test rows (`test_path`) is none, and no folder of them.  Runs whose provenance.json is gone or damaged are
    passed over.
    """
    given = Path(named).expanduser()
    if not given.exists():
        return named == dataset.kind
    found = sha256(given) if given.is_file() else ""
    return any(_read(_origin(folder), dataset, given, found, classes) for folder in folders)


def _read(origin: dict[str, Any], dataset: DatasetKind, given: Path, found: str, classes: Collection[str]) -> bool:
    if found:
        files = (origin.get("data") or {}).get("files") or {}
        tests = set(_tests(dataset, files))
        return any(digest == found and name not in tests for name, digest in files.items())
    path = getattr(dataset, "path", None)
    if not given.is_dir() or not isinstance(path, str) or not path:
        return False
    root = (Path(str(origin.get("workdir", ""))) / Path(path).expanduser()).resolve()
    apart = test_folder(root, classes)
    inside = [given.resolve(), *given.resolve().parents]
    return root in inside and (apart == root or apart not in inside)


def _tests(dataset: DatasetKind, files: Collection[str]) -> Iterator[str]:
    """The files of test rows under their names in `files`, where two of one name stand with their whole paths."""
    for key in ("test_path", "test_targets_path"):
        typed = getattr(dataset, key, "") or ""
        for path in map(Path, typed.values() if isinstance(typed, dict) else [typed]):
            whole = str(path.expanduser())
            yield whole if whole in files else path.name


def _origin(folder: Path) -> dict[str, Any]:
    """provenance.json of a run, or of the run that this is a fold or the final fit of; {} without one."""
    path = folder.parent if folder.name == "final" else folder.parents[1] if folder.parent.name == "folds" else folder
    try:
        return RunFolder(path).origin()
    except (FileNotFoundError, Damaged):
        return {}
