"""Chollet's selection of cats and dogs (5.2), read in its archive: pictures decoded at the size that is asked for."""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.formats.pictures import PictureForm, Unreadable, decode, noted, size_of
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Say
from dlrun.data.sets._images import Images, pictures
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

ARCHIVE = "cats_and_dogs_small.tar.xz"
ROWS = {"train": 2000, "val": 1000, "test": 1000}
CLASSES = ("cats", "dogs")
READING = 2  # counted up when the reader makes something else of the same file
_PARTS = {"train": "train", "validation": "val", "test": "test"}
_FILE = re.compile(r"(train|validation|test)/(cats|dogs)/\D*(\d+)\.jpe?g$")


@register("dataset", "cats_and_dogs")
@dataclass(frozen=True)
class CatsAndDogs(Images):
    """2,000 + 1,000 + 1,000 photographs of cats and dogs, 150x150 colour (the selection of Chollet 5.2)."""

    hashes: ClassVar[dict[str, str]] = {
        "cats_and_dogs_small.tar.xz": "4adf6dc90ec120f7dc785118967bd221af06aa64cd9f5d1efc5bd0c2c7250086",
    }
    size: tuple[int, ...] = options.size(150)
    channels: int = options.channels()

    def info(self, data_dir: str) -> DatasetInfo:
        return pictures((self.channels, *size_of(self.size)), CLASSES, **ROWS)

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        path = self.located(data_dir, f"dogs_vs_cats/{ARCHIVE}", ARCHIVE)
        return DatasetFiles([path], lambda say: _decode(path, self, say), [size_of(self.size), self.channels, READING])


LARGEST = 1 << 26  # bytes of a picture


def _decode(path: Path, cfg: CatsAndDogs, say: Say) -> RawDataset:
    import numpy as np

    from dlrun.data.source import RawDataset

    form, remarks = PictureForm(*size_of(cfg.size), cfg.channels), Counter[str]()
    say(f"cats_and_dogs: decoding {sum(ROWS.values()):,} pictures once")
    found: dict[str, list[tuple[int, int, Any]]] = {split: [] for split in ROWS}
    try:
        with tarfile.open(path, "r|xz") as tar:  # as a stream: each byte is unpacked once
            for member in tar:
                match = _FILE.search(member.name)
                file = tar.extractfile(member) if match else None
                if match is None or file is None:
                    continue
                try:
                    picture = decode(file.read(LARGEST), form)
                except Unreadable as error:
                    raise ValueError(f"{member.name}: {error}") from None
                remarks.update(picture.remarks)
                found[_PARTS[match[1]]].append((int(match[3]), CLASSES.index(match[2]), picture.pixels))
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError) as error:
        raise cfg.damaged(f"{path} is damaged ({error})") from None
    for split, rows in found.items():
        if len(rows) != ROWS[split]:
            raise cfg.damaged(f"{path} has {len(rows):,} of {ROWS[split]:,} {split} pictures")
        rows.sort(key=lambda row: row[:2])  # a cat, a dog, a cat ...: any first rows hold both alike
    x = {split: np.stack([row[2] for row in rows]) for split, rows in found.items()}
    y = {split: np.array([row[1] for row in rows], np.int64) for split, rows in found.items()}
    return RawDataset(cfg.info("").data_spec, x["train"], y["train"], x["val"], y["val"], x["test"], y["test"],
                      levels=cfg.levels, label="pictures scaled to 200x200 before", notes=tuple(noted(remarks)))
