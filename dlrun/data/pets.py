"""Chollet's selection of cats and dogs (5.2), read in its archive: pictures decoded at the wanted size."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import problem
from dlrun.data import paths
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.image_folder import decode, size_of

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

ARCHIVE = "cats_and_dogs_small.tar.xz"
ROWS = {"train": 2000, "val": 1000, "test": 1000}
CLASSES = ("cats", "dogs")
_PARTS = {"train": "train", "validation": "val", "test": "test"}
_FILE = re.compile(r"(train|validation|test)/(cats|dogs)/\D*(\d+)\.jpe?g$")


def dataset_info(cfg: Any) -> DatasetInfo:
    """Signature and rows; nothing is opened."""
    return DatasetInfo(DatasetSpec((cfg.channels, *size_of(cfg)), "image", "classes", CLASSES), dict(ROWS))


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The archive, ready to decode."""
    from dlrun.data.source import DatasetFiles

    path = paths.standard(cfg.kind, data_dir, [f"dogs_vs_cats/{ARCHIVE}", ARCHIVE])
    return DatasetFiles([path], lambda say: _decode(path, cfg, say), [size_of(cfg), cfg.channels])


def _decode(path: Path, cfg: Any, say: Callable[[str], None]) -> RawDataset:
    import numpy as np

    from dlrun.data.source import RawDataset

    height, width = size_of(cfg)
    say(f"cats_and_dogs: decoding {sum(ROWS.values()):,} pictures once")
    found: dict[str, list[tuple[int, int, Any]]] = {part: [] for part in ROWS}
    try:
        with tarfile.open(path, "r|xz") as tar:  # as a stream: each byte is unpacked once
            for member in tar:
                match = _FILE.search(member.name)
                file = tar.extractfile(member) if match else None
                if match is None or file is None:
                    continue
                picture = decode(file.read(), height, width, cfg.channels)
                if picture is None:
                    raise ValueError(f"{member.name} is no picture")
                found[_PARTS[match[1]]].append((int(match[3]), CLASSES.index(match[2]), picture))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise problem("dataset=cats_and_dogs", f"{path} is damaged ({error})") from None
    for part, rows in found.items():
        if len(rows) != ROWS[part]:
            raise problem("dataset=cats_and_dogs", f"{path} has {len(rows):,} of {ROWS[part]:,} {part} pictures")
        rows.sort(key=lambda row: row[:2])  # a cat, a dog, a cat ...: any first rows hold both alike
    x = {part: np.stack([row[2] for row in rows]) for part, rows in found.items()}
    y = {part: np.array([row[1] for row in rows], np.int64) for part, rows in found.items()}
    return RawDataset(dataset_info(cfg).data_spec, x["train"], y["train"], x["val"], y["val"], x["test"], y["test"],
                      levels=255.0, label="pictures scaled to 200x200 before")
