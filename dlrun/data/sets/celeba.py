"""CelebA in its standard layout: img_align_celeba/*.jpg, list_attr_celeba.txt, list_eval_partition.txt."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.fields import integer, text
from dlrun.data import paths
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.formats.class_folders import bytes_of
from dlrun.data.formats.pictures import PictureForm, Unreadable, decode, noted, size_of
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset, Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

FOLDER, ATTRIBUTES, PARTITION = "img_align_celeba", "list_attr_celeba.txt", "list_eval_partition.txt"
SPLITS = ("train", "val", "test")  # 0, 1, 2 of the partition
READING = 2  # counted up when the reader makes something else of the same file

Rows = dict[str, list[tuple[str, list[int]]]]  # file names, and 0 or 1 for each attribute


@register("dataset", "celeba")
@dataclass(frozen=True)
class CelebA(Dataset):
    """202,599 photographs of famous faces with 40 attributes (Liu et al. 2015), in their standard layout."""

    levels: ClassVar[float] = 255.0
    name: str = options.name()
    target: str = text(None, "The attribute to predict, by name; null: all of them (multi-label).")
    rows: int | None = integer(None, "Only so many pictures, the first ones of each split; null: all.", low=10)
    crop: int = integer(148, "Side of the square that is cut from the middle (178 x 218) before resizing.", low=8,
                        high=178)
    size: tuple[int, ...] = options.size(64)
    channels: int = options.channels()
    scale: str = options.image_scale()

    def info(self, data_dir: str) -> DatasetInfo:
        """Spec and rows; no picture is opened."""
        names, rows = _listed(_root(data_dir), self.rows)
        return DatasetInfo(self._spec(names), {split: len(found) for split, found in rows.items()})

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        """The pictures, ready to decode; the attributes of all are kept, whichever is predicted."""
        from dlrun.data.source import DatasetFiles

        root = _root(data_dir)
        return DatasetFiles([root / ATTRIBUTES, root / PARTITION], lambda say: _decode(root, self, say),
                            [size_of(self.size), self.channels, self.crop, self.rows, READING])

    def select(self, source: RawDataset) -> RawDataset:
        """The source with the one attribute that is predicted as its class; all attributes where none is named."""
        data_spec = self._spec(source.data_spec.classes)
        if self.target is None:
            return replace(source, data_spec=data_spec)
        place = source.data_spec.classes.index(self.target)
        y, y_val, y_test = (None if y is None else y[:, place].astype("int64")
                            for y in (source.y, source.y_val, source.y_test))
        content = hashlib.sha256(f"{source.content} {self.target}".encode()).hexdigest()
        return replace(source, data_spec=data_spec, y=y, y_val=y_val, y_test=y_test, content=content)

    def _spec(self, names: tuple[str, ...]) -> DatasetSpec:
        shape = (self.channels, *size_of(self.size))
        if self.target is None:
            return DatasetSpec(shape, "image", "labels", names)
        if self.target not in names:
            raise problem(f"dataset.target={self.target}", f"no such attribute{did_you_mean(self.target, names)}")
        return DatasetSpec(shape, "image", "classes", (f"not {self.target}", self.target), target_name=self.target)


def _root(data_dir: str) -> Path:
    root = paths.standard("celeba", data_dir, [f"celeba/{ATTRIBUTES}", ATTRIBUTES]).parent
    for needed in (root / FOLDER, root / PARTITION):
        if not needed.exists():
            raise problem("dataset=celeba", f"{needed} is missing beside {ATTRIBUTES}")
    return root


def _listed(root: Path, most: int | None) -> tuple[tuple[str, ...], Rows]:
    """The attributes' names, and the rows of each split, in the order of the list."""
    try:
        partition = dict(line.split()[:2] for line in (root / PARTITION).read_text().splitlines() if line.strip())
        lines = (root / ATTRIBUTES).read_text().splitlines()
        names = tuple(lines[1].split())
        rows: Rows = {split: [] for split in SPLITS}
        for line in lines[2:]:
            file, *values = line.split() or [""]
            if not file:
                continue
            if len(values) != len(names) or not set(values) <= {"1", "-1", "0"}:
                raise ValueError(f"{file} has {len(values)} values; expected {len(names)} of 1 or -1")
            found = rows[SPLITS[int(partition[file])]]
            if most is None or len(found) < most:
                found.append((file, [int(value == "1") for value in values]))
    except (ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise problem("dataset=celeba", f"{ATTRIBUTES} and {PARTITION} in {root} do not agree ({error})") from None
    if not rows["train"]:
        raise problem("dataset=celeba", f"{root / PARTITION} has no training pictures (partition 0)")
    return names, {split: found for split, found in rows.items() if found}


def _decode(root: Path, cfg: CelebA, say: Say) -> RawDataset:
    import numpy as np

    from dlrun.data.source import RawDataset

    height, width = size_of(cfg.size)
    names, rows = _listed(root, cfg.rows)
    say(f"celeba: decoding {sum(map(len, rows.values())):,} pictures once")
    form, remarks = PictureForm(height, width, cfg.channels, cfg.crop), Counter[str]()
    x, y = {}, {}
    for split, found in rows.items():
        x[split] = np.empty((len(found), cfg.channels, height, width), np.uint8)
        y[split] = np.array([values for _, values in found], np.uint8)
        for place, (file, _) in enumerate(found):
            path = root / FOLDER / file
            try:
                picture = decode(bytes_of(path), form)
            except Unreadable as error:
                raise problem("dataset=celeba", f"{path}: {error}") from None
            remarks.update(picture.remarks)
            x[split][place] = picture.pixels
    return RawDataset(DatasetSpec((cfg.channels, height, width), "image", "labels", names), x["train"], y["train"],
                  x.get("val"), y.get("val"), x.get("test"), y.get("test"), levels=cfg.levels,
                  notes=tuple(noted(remarks)))
