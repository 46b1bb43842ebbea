"""A user's own pictures: a folder a class, directly or below train/, val/ and test/."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.problem import problem
from dlrun.config.regular_file import read_regular
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.formats.pictures import decode, lost_in, size_of
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset, Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")
SPLITS = {"train": ("train",), "val": ("val", "validation"), "test": ("test",)}


@dataclass(frozen=True)
class Listing:
    """What lies in the folder: by split the files, sorted by class and name, and the class number of each."""

    root: Path
    classes: tuple[str, ...]
    files: dict[str, list[tuple[Path, int]]]
    outside: int  # links that lead out of the folder, not followed


@register("dataset", "image_folder")
@dataclass(frozen=True)
class ImageFolder(Dataset):
    """Your own pictures: dataset.path=FOLDER with a folder a class, or train/ and test/ above them."""

    kind: ClassVar[str] = "image_folder"
    name: str = options.name()
    path: str = options.path("The folder")
    size: tuple[int, ...] = options.size(64)
    channels: int = options.channels()
    scale: str = options.image_scale()
    test: float = options.test()
    split_seed: int = options.split_seed()
    stratify: bool = options.stratify()

    def info(self, data_dir: str) -> DatasetInfo:
        """Signature and rows; no picture is opened.  Unreadable ones still count here."""
        from dlrun.data import cache, paths

        height, width = size_of(self.size)
        listing = look(paths.own(self.path, directory=True), self.path)
        known = cache.dataset_info(cache.entry(self.kind, self._settings(), [listing.root], _state(listing)))
        if known is not None:
            return known
        data_spec = DatasetSpec((self.channels, height, width), "image", "classes", listing.classes)
        return DatasetInfo(data_spec, {split: len(files) for split, files in listing.files.items()})

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data import paths
        from dlrun.data.source import DatasetFiles

        settings = self._settings()
        listing = look(paths.own(self.path, directory=True), self.path)
        return DatasetFiles([listing.root], lambda say: _decode(listing, self, say), settings, _state(listing))

    def _settings(self) -> list[object]:
        return [size_of(self.size), self.channels]


def _state(listing: Listing) -> list[object]:
    return [
        (str(file.relative_to(listing.root)), stat.st_size, stat.st_mtime_ns)
        for files in listing.files.values() for file, _ in files
        for stat in [file.stat() if file.exists() else file.lstat()]  # a link to nothing is an unreadable picture
    ]


def look(root: Path, given: str) -> Listing:
    """The pictures below a folder.  Raises ConfigError where the layout is no image folder."""
    folders = {folder.name: folder for folder in _folders(root)}
    splits = {split: [folders[name] for name in names if name in folders] for split, names in SPLITS.items()}
    if len(splits["val"]) > 1:
        raise problem(f"dataset.path={given}", "expected val/ or validation/, not both")
    if not splits["train"] or not _folders(splits["train"][0]):
        splits = {"train": [root]}
    by_class = {split: {folder.name: folder for folder in _folders(where[0])}
                for split, where in splits.items() if where}
    outside: list[Path] = []
    found = {
        split: {name: _pictures(folder, root.resolve(), outside) for name, folder in classes.items()}
        for split, classes in by_class.items()
    }
    classes = tuple(sorted(name for name, files in found["train"].items() if files))
    if len(classes) < 2:
        there = f"only {classes[0]}/" if classes else "none"
        raise problem(
            f"dataset.path={given}",
            f"expected a folder with pictures for each of two classes or more, directly or below train/; "
            f"there is {there} ({', '.join(SUFFIXES)})",
        )
    for split, names in found.items():
        strange = sorted(name for name, files in names.items() if files and name not in classes)
        lacking = sorted(name for name in classes if not names.get(name))
        if strange or lacking:
            which = f"{strange[0]}/ is not a class of train/" if strange else f"no pictures of {lacking[0]}"
            raise problem(f"dataset.path={given}", f"the classes of {split}/ and train/ must agree; {which}")
    files = {
        split: [(file, number) for number, name in enumerate(classes) for file in names[name]]
        for split, names in found.items()
    }
    return Listing(root, classes, files, len(outside))


def _folders(root: Path) -> list[Path]:
    """The folders directly below, sorted; links that leave `root` are not taken."""
    home = root.resolve()
    with os.scandir(root) as entries:
        inside = [
            Path(entry.path) for entry in entries
            if not entry.name.startswith(".") and entry.is_dir()
            and (not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(home))
        ]
    return sorted(inside)


def _pictures(folder: Path, home: Path, outside: list[Path]) -> list[Path]:
    files = []
    for where, folders, names in os.walk(folder):  # links to folders are not followed
        folders.sort()
        for name in sorted(names):
            file = Path(where, name)
            if not name.lower().endswith(SUFFIXES):
                continue
            if file.is_symlink() and not file.resolve().is_relative_to(home):
                outside.append(file)
                continue
            files.append(file)
    return files


def _decode(listing: Listing, cfg: ImageFolder, say: Say) -> RawDataset:
    import numpy as np

    from dlrun.data.source import RawDataset

    height, width = size_of(cfg.size)
    total = sum(len(files) for files in listing.files.values())
    say(f"{listing.root.name}: decoding {total:,} pictures once")
    sha, broken, turned, arrays = hashlib.sha256(), [], 0, {}
    for split, files in listing.files.items():
        x = np.empty((len(files), cfg.channels, height, width), np.uint8)
        y: list[int] = []
        for file, label in files:
            data = _bytes(file)
            sha.update(f"{file.relative_to(listing.root).as_posix()} {hashlib.sha256(data).hexdigest()}\n".encode())
            picture = decode(data, height, width, cfg.channels)
            if picture is None:
                broken.append(file)
                continue
            turns, beyond = lost_in(data)
            if beyond:
                raise problem(str(file), f"its numbers are {beyond}; expected 0 to 255, or a 16-bit PNG or TIFF")
            turned += turns
            x[len(y)] = picture
            y.append(label)
        if not y:
            raise problem(f"dataset.path={cfg.path}", f"none of its {len(files):,} {split} pictures can be read")
        present = set(y)
        without = [name for number, name in enumerate(listing.classes) if number not in present]
        if without:
            raise problem(f"dataset.path={cfg.path}",
                          f"no {split} picture of {without[0]} can be read; expected one or more of every class")
        arrays[split] = x[: len(y)], np.array(y, np.int64)
    data_spec = DatasetSpec((cfg.channels, height, width), "image", "classes", listing.classes)
    val, test = arrays.get("val", (None, None)), arrays.get("test", (None, None))
    return RawDataset(
        data_spec, *arrays["train"], x_val=val[0], y_val=val[1], x_test=test[0], y_test=test[1], levels=255.0,
        files={f"{listing.root.resolve().name}/": sha.hexdigest()}, notes=_notes(listing, broken, turned), grouped=True,
    )


def _bytes(file: Path) -> bytes:
    """The file's bytes; none for what can't be read: a pipe, a device, a link to nothing."""
    try:
        return read_regular(file)
    except OSError:
        return b""


def _notes(listing: Listing, broken: list[Path], turned: int) -> tuple[str, ...]:
    notes = []
    if broken:
        shown = ", ".join(str(file.relative_to(listing.root)) for file in broken[:3])
        notes.append(f"{len(broken):,} unreadable pictures are left out ({shown}{' ...' if len(broken) > 3 else ''})")
    if turned:
        notes.append(f"{turned:,} pictures have an EXIF orientation, which is not applied")
    if listing.outside:
        notes.append(f"{listing.outside:,} links that lead out of {listing.root} are left out")
    return tuple(notes)
