"""A run's folder: where each thing lies, and writing that leaves the old file or the new one, never half of one."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, overload

from dlrun.record import manifest
from dlrun.record.own_file import refuse_links, replacing, sync_folder, to_disk
from dlrun.record.stored import mapping, read_file


class _Place:
    """A path in a run's folder, made when it is asked for: a sweep has hundreds of folders, and each has 18 of them."""

    def __init__(self, *parts: str):
        self._parts = parts

    @overload
    def __get__(self, folder: None, kind: type[RunFolder]) -> _Place: ...

    @overload
    def __get__(self, folder: RunFolder, kind: type[RunFolder]) -> Path: ...

    def __get__(self, folder: RunFolder | None, kind: type[RunFolder]) -> _Place | Path:
        if folder is None:  # asked of the class, as pydoc does
            return self
        return folder.path.joinpath(*self._parts)


class RunFolder:
    """The paths of one run (or of one fold); nothing is made on disk until something is written.

    `inside` is the place of a fold in its run's folder, empty for a run.

    >>> RunFolder("runs/mnist-cnn-adam/3f9c1e02").best.as_posix()
    'runs/mnist-cnn-adam/3f9c1e02/checkpoints/best.pt'
    """

    config = _Place("config.yaml")
    metrics = _Place("metrics.jsonl")
    result_file = _Place("result.json")
    provenance = _Place("provenance.json")
    checkpoints = _Place("checkpoints")
    last = _Place("checkpoints", "last.pt")
    previous = _Place("checkpoints", "previous.pt")  # the checkpoint before, of a run that has not finished
    best = _Place("checkpoints", "best.pt")
    sample_classifier = _Place("checkpoints", "judge.pt")
    pictures = _Place("pictures")
    manifest = _Place(manifest.FILE)
    fitted = _Place("fitted.json")
    packages = _Place("packages.txt")
    code = _Place("code.txt")  # dlrun's files that decide its numbers; see record/provenance.py
    tags = _Place("tags.json")  # of the user's
    forks = _Place("forks.jsonl")  # runs that began from an epoch of this one
    lock = _Place("lock")
    traceback = _Place("traceback.txt")  # of a run that failed; of one that diverged what is known

    def __init__(self, path: str | os.PathLike[str], inside: str = ""):
        self.path, self.inside = Path(path), inside

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    def changes(self, place: str) -> Path:
        """What was not committed as the run began, of ``dlrun`` or of ``workdir``: a patch."""
        return self.path / f"changes-{place}.patch"

    def fold(self, name: int | str) -> RunFolder:
        """The folder of one fold of a k-fold run, or of its ``final`` fit; same layout."""
        inside = "final" if name == "final" else f"folds/{name}"
        return RunFolder(self.path / inside, inside)

    def beside(self) -> list[str]:
        """The names of what lies beside this run, or beside the run of this fold: other runs."""
        own = self.run
        try:
            return [name for name in os.listdir(own.parent) if name != own.name]
        except (FileNotFoundError, NotADirectoryError):
            return []

    @property
    def run(self) -> Path:
        """The folder of the run that this is, or is a fold of."""
        return self.path.parents[len(Path(self.inside).parts) - 1] if self.inside else self.path

    def make(self) -> RunFolder:
        """Make the folder and its two subfolders; what is there stays.  Raises ConfigError where one is a link."""
        refuse_links(self.path, self.checkpoints, self.pictures)
        for folder in (self.path, self.checkpoints, self.pictures):
            folder.mkdir(parents=True, exist_ok=True)
        return self

    def result(self) -> dict[str, Any] | None:
        """The run's result, or None while it has none (result.json is written last).

        Raises Damaged for a file that holds no result.
        """
        then = "delete it to resume from the checkpoint, or train again with  force=true"
        try:
            return read_file(self.result_file, _result, then)
        except FileNotFoundError:
            return None

    def origin(self, then: str = "") -> dict[str, Any]:
        """What provenance.json says; raises FileNotFoundError where there is none, Damaged where it can't be used."""
        return read_file(self.provenance, _provenance, then)


def _result(data: bytes) -> dict[str, Any]:
    found = mapping(data)
    from dlrun.record.older import UNITS, result_in_units  # a new run reads none
    from dlrun.record.result_form import result_error

    if wrong := result_error(found):
        raise ValueError(wrong)
    return result_in_units(found) if UNITS in data else found


def _provenance(data: bytes) -> dict[str, Any]:
    found = mapping(data)
    from dlrun.record.result_form import provenance_error

    if wrong := provenance_error(found):
        raise ValueError(wrong)
    return found


def clear(folder: RunFolder, whole: bool = False) -> None:
    """Empty a run's folder; the lock stays, because it is held.  Raises ConfigError for a link: its target stays.

    Results go first, those of folds too, then checkpoints: what is left when it is ended in the middle is no finished
    run, and none that is resumed without its curves.  The origin of the run goes last: until then `runs` shows what is
    left, and `runs remove` removes it.  The user's tags and the list of forks stay, but where a run goes as a `whole`.
    """
    refuse_links(folder.path)
    for place in (folder.path, *folder.path.glob("folds/*"), folder.path / "final"):
        if not (place.is_symlink() or place.parent.is_symlink()):
            for names in (("result.json", manifest.FILE), ("checkpoints",)):
                for name in names:
                    _remove(place / name)
                sync_folder(place)  # before anything else goes
    stay = [folder.lock, folder.provenance, *(() if whole else (folder.tags, folder.forks))]
    for entry in list(folder.path.iterdir()):
        if entry not in stay:
            _remove(entry)
    sync_folder(folder.path)
    _remove(folder.provenance)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], data: bytes, sync: bool = True) -> None:
    """Replace a file in one step: a reader, or a crash, sees the old content or the new, never a part.

    With `sync` it is on the disk when this returns (5 to 15 milliseconds).  Without, a loss of power may leave the old
    file, an empty one, or none, until the next checkpoint or result of its run: those wait for all files of it.
    """
    path = Path(path)
    with replacing(path, sync) as file:
        file.write(data)
    if sync:
        sync_folder(path.parent)


def write_result(folder: RunFolder, result: Mapping[str, Any]) -> None:
    """Write result.json, the last file of a run, when all others are on the disk.

    The manifest comes just before it: where there is a result there are the checksums of all files.  Raises the
    OSError of any of them.
    """
    data = json_text(result).encode()
    write_text(folder.manifest, manifest.text(folder.path, manifest.END, {"result.json": data}), sync=False)
    for synced in to_disk(folder.path, parents=3):  # the name of the run, output_dir, and what that lies in
        synced.result()
    write_bytes(folder.result_file, data)


def write_measured(folder: RunFolder, config: str, result: Mapping[str, Any]) -> None:
    """Replace config.yaml and result.json of a finished run; killed at any moment, both are as the manifest notes."""
    new = {folder.config.name: config.encode(), folder.result_file.name: json_text(result).encode()}
    old = {name: (folder.path / name).read_bytes() for name in new}
    write_text(folder.manifest, manifest.text(folder.path, manifest.END, new, old))
    for name, data in new.items():
        write_bytes(folder.path / name, data)
    write_text(folder.manifest, manifest.text(folder.path, manifest.END, new))


def write_manifest(folder: RunFolder) -> None:
    """Note the checksums of what a starting run has written."""
    write_text(folder.manifest, manifest.text(folder.path, manifest.START), sync=False)


def write_text(path: str | os.PathLike[str], text: str, sync: bool = True) -> None:
    """Like `write_bytes`, in UTF-8 with line feeds on every platform."""
    write_bytes(path, text.encode("utf-8"), sync)


def write_json(path: str | os.PathLike[str], data: Any, sync: bool = True) -> None:
    """Like `write_bytes`, as indented JSON; see `plain` for what becomes of numbers that JSON does not have."""
    write_text(path, json_text(data), sync)


def json_text(data: Any) -> str:
    """The text of a JSON file of dlrun's."""
    return json.dumps(plain(data), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def yaml_text(data: Any) -> str:
    """A mapping as YAML in its own order; by the C library, which takes a tenth of the time."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True))


def plain(value: Any) -> Any:
    """The same data in JSON's types: NaN and infinities become None, numpy scalars numbers, tuples lists, paths text.

    Raises TypeError for anything else, so that nothing is stored as the text of an object by accident.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):  # numpy.float64 is one
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_name(key): plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):  # a numpy scalar, without importing numpy
        return plain(value.item())
    raise TypeError(f"{type(value).__name__} has no place in a JSON file: {value!r}")


def _name(key: Any) -> str:
    if isinstance(key, (str, int)) and not isinstance(key, bool):
        return str(key)
    raise TypeError(f"a key has to be a text, not {key!r}")
