"""A user's own pictures: a folder a class, directly or below train/, val/ and test/."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.problem import ConfigError, problem
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.formats.class_folders import Listing, bytes_of, look
from dlrun.data.formats.pictures import PictureForm, Unreadable, decode, noted, size_of
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset, Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.data.source import DatasetFiles, RawDataset

READING = 2  # counted up when the reader makes something else of the same file
_seen: dict[str, Survey] = {}  # the last folder


@dataclass(frozen=True)
class Survey:
    """How the files of a folder are read: the number that is white where pictures hold floats or 32-bit integers
    (`picture_numbers.whites`), and `revision` 2 where dlrun once read any of them otherwise."""

    white: dict[str, float]
    revision: int


@register("dataset", "image_folder")
@dataclass(frozen=True)
class ImageFolder(Dataset):
    """Your own pictures: dataset.path=FOLDER with a folder a class, or train/ and test/ above them."""

    stratifies: ClassVar[bool] = True
    suggests: ClassVar[Mapping[str, Any]] = options.SUGGESTED
    name: str = options.name()
    path: str = options.path("The folder")
    test_path: str = options.test_path("A folder")
    size: tuple[int, ...] = options.size(64)
    channels: int = options.channels()
    scale: str = options.image_scale()
    test: float = options.test()
    split_seed: int | str = options.split_seed()
    stratify: bool = options.own_stratify()
    group: str = options.file_group()

    def info(self, data_dir: str) -> DatasetInfo:
        """Spec and rows; of most pictures no more than the header is read.  Unreadable ones still count here."""
        from dlrun.data import cache

        height, width = size_of(self.size)
        listing = self._listing()
        state = listing.state
        known = cache.dataset_info(cache.entry(self.kind, self._settings(), [listing.root], state))
        if known is not None:
            return known
        data_spec = DatasetSpec((self.channels, height, width), "image", "classes", listing.classes)
        rows = {split: len(files) for split, files in listing.files.items()}
        return DatasetInfo(data_spec, rows, _surveyed(listing, state).revision)

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        listing = self._listing()
        state = listing.state
        return DatasetFiles([listing.root], lambda say: _decode(listing, _surveyed(listing, state), self, say),
                            self._settings(), state)

    def read_revision(self, config: Config) -> int:
        """Above 1 for a folder that dlrun once read otherwise, or cut otherwise.

        Pictures with an EXIF orientation, of floats and of 32 bits were read so.

        A folder that is not there, or not as it should be, is said elsewhere.
        """
        from dlrun.data.split_revision import of_split

        try:
            return of_split(self, config, self.info("").revision)
        except ConfigError:
            return 1

    def _listing(self) -> Listing:
        from dlrun.data import paths

        apart = paths.own(self.test_path, directory=True, key="test_path") if self.test_path else None
        return look(paths.own(self.path, directory=True), self.path, test_root=apart)

    def _settings(self) -> list[object]:
        return [size_of(self.size), self.channels, READING, *([self.group] if self.group else [])]


def _surveyed(listing: Listing, state: list[object]) -> Survey:
    """How the files of a folder are read.  Raises ConfigError where their numbers are ambiguous."""
    from dlrun.data.formats.picture_numbers import PictureFacts, facts, whites

    key = repr((str(listing.root.resolve()), state))
    if key not in _seen:
        found: dict[str, PictureFacts] = {}
        for file in listing.all_files:
            try:
                found[str(file)] = facts(bytes_of(file))
            except Unreadable:  # said when it is decoded
                continue
        white = whites({name: each.numbers for name, each in found.items() if each.numbers is not None})
        new = any(each.turned for each in found.values()) or any(top != 255 for top in white.values())
        _seen.clear()
        _seen[key] = Survey(white, 2 if new else 1)
    return _seen[key]


def _decode(listing: Listing, survey: Survey, cfg: ImageFolder, say: Say) -> RawDataset:
    import numpy as np

    from dlrun.data.formats.file_groups import grouped
    from dlrun.data.formats.picture_numbers import notes_of
    from dlrun.data.source import RawDataset

    height, width = size_of(cfg.size)
    form = PictureForm(height, width, cfg.channels, white=survey.white)
    say(f"{listing.root.name}: decoding {len(listing.all_files):,} pictures once")
    sha, arrays = hashlib.sha256(), {}
    broken: dict[Path, str] = {}
    kept: dict[str, list[tuple[Path, int]]] = {}
    remarks: Counter[str] = Counter()
    for split, files in listing.files.items():
        x = np.empty((len(files), cfg.channels, height, width), np.uint8)
        y: list[int] = []
        for file, label in files:
            data = b""
            try:
                data = bytes_of(file)
                picture = decode(data, form)
                remarks.update(picture.remarks)
                x[len(y)] = picture.pixels
                y.append(label)
            except Unreadable as error:
                broken[file] = str(error)
            line = f"{listing.name(file).as_posix()} {hashlib.sha256(data).hexdigest()}\n"
            sha.update(os.fsencode(line))  # a name may be no text
        _check_classes(listing, broken, split, set(y), cfg.path)
        arrays[split] = x[: len(y)], np.array(y, np.int64)
        kept[split] = [(file, label) for file, label in files if file not in broken]
    data_spec = DatasetSpec((cfg.channels, height, width), "image", "classes", listing.classes)
    val, test = arrays.get("val", (None, None)), arrays.get("test", (None, None))
    groups = grouped(listing, kept, cfg.group)
    return RawDataset(
        data_spec, *arrays["train"], x_val=val[0], y_val=val[1], x_test=test[0], y_test=test[1], levels=255.0,
        files={f"{listing.root.resolve().name}/": sha.hexdigest()}, grouped=True, revision=survey.revision,
        notes=(*_notes(listing, broken), *noted(remarks), *notes_of(survey.white)),
        reading={**({"white": survey.white} if survey.white else {}), **({"group": cfg.group} if cfg.group else {})},
        groups=groups.get("train"), groups_test=groups.get("test"),
    )


def _check_classes(listing: Listing, broken: dict[Path, str], split: str, present: set[int], given: str) -> None:
    """Raise ConfigError where no picture of a split, or of one of its classes, can be read."""
    if not present:
        file, why = next(iter(broken.items()))
        raise problem(f"dataset.path={given}", f"none of its {len(listing.files[split]):,} {split} pictures can be "
                                               f"read; {file.name}: {why}")
    for number, name in enumerate(listing.classes):
        if number not in present:
            file = next(file for file, label in listing.files[split] if label == number)
            raise problem(f"dataset.path={given}", f"no {split} picture of {name} can be read; expected one or more of "
                                                   f"every class; {file.name}: {broken[file]}")


def _notes(listing: Listing, broken: dict[Path, str]) -> list[str]:
    notes = []
    if broken:
        shown = ", ".join(f"{listing.name(file)}: {why}" for file, why in list(broken.items())[:3])
        notes.append(f"{len(broken):,} unreadable pictures are left out ({shown}{' ...' if len(broken) > 3 else ''})")
    if listing.outside:
        notes.append(f"{listing.outside:,} links that lead out of {listing.root} are left out")
    if listing.others:
        notes.append(f"{listing.others:,} files beside the pictures are left out")
    if listing.empty:
        notes.append(f"folders without pictures are no classes: {', '.join(listing.empty[:5])}")
    return notes + listing.told()
