"""CelebA in its standard layout: img_align_celeba/*.jpg, list_attr_celeba.txt, list_eval_partition.txt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import did_you_mean, problem
from dlrun.data import paths
from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.image_folder import decode, size_of

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

FOLDER, ATTRIBUTES, PARTITION = "img_align_celeba", "list_attr_celeba.txt", "list_eval_partition.txt"
PARTS = ("train", "val", "test")  # 0, 1, 2 of the partition

Rows = dict[str, list[tuple[str, list[int]]]]  # file names, and 0 or 1 for each attribute


def dataset_info(cfg: Any, data_dir: str) -> DatasetInfo:
    """Signature and rows; no picture is opened."""
    root = _root(data_dir)
    names, rows = _listed(root, cfg.rows)
    return DatasetInfo(_signature(cfg, names), {part: len(found) for part, found in rows.items()})


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The pictures, ready to decode; the attributes of all are kept, whichever is asked for."""
    from dlrun.data.source import DatasetFiles

    root = _root(data_dir)
    return DatasetFiles([root / ATTRIBUTES, root / PARTITION], lambda say: _decode(root, cfg, say),
                 [size_of(cfg), cfg.channels, cfg.crop, cfg.rows])


def told(cfg: Any, source: RawDataset) -> RawDataset:
    """The source with the one attribute that is asked for as its class; all attributes where none is."""
    data_spec = _signature(cfg, source.data_spec.classes)
    if cfg.target is None:
        return replace(source, data_spec=data_spec)
    place = source.data_spec.classes.index(cfg.target)
    y, y_val, y_test = (None if y is None else y[:, place].astype("int64")
                        for y in (source.y, source.y_val, source.y_test))
    content = hashlib.sha256(f"{source.content} {cfg.target}".encode()).hexdigest()
    return replace(source, data_spec=data_spec, y=y, y_val=y_val, y_test=y_test, content=content)


def _root(data_dir: str) -> Path:
    root = paths.standard("celeba", data_dir, [f"celeba/{ATTRIBUTES}", ATTRIBUTES]).parent
    for needed in (root / FOLDER, root / PARTITION):
        if not needed.exists():
            raise problem("dataset=celeba", f"{needed} is missing beside {ATTRIBUTES}")
    return root


def _signature(cfg: Any, names: tuple[str, ...]) -> DatasetSpec:
    shape = (cfg.channels, *size_of(cfg))
    if cfg.target is None:
        return DatasetSpec(shape, "image", "labels", names)
    if cfg.target not in names:
        raise problem(f"dataset.target={cfg.target}", f"no such attribute{did_you_mean(cfg.target, names)}")
    return DatasetSpec(shape, "image", "classes", (f"not {cfg.target}", cfg.target), target_name=cfg.target)


def _listed(root: Path, most: int | None) -> tuple[tuple[str, ...], Rows]:
    """The attributes' names, and the rows of each part, in the order of the list."""
    try:
        parts = dict(line.split()[:2] for line in (root / PARTITION).read_text().splitlines() if line.strip())
        lines = (root / ATTRIBUTES).read_text().splitlines()
        names = tuple(lines[1].split())
        rows: Rows = {part: [] for part in PARTS}
        for line in lines[2:]:
            file, *values = line.split() or [""]
            if not file:
                continue
            if len(values) != len(names) or not set(values) <= {"1", "-1", "0"}:
                raise ValueError(f"{file} has {len(values)} values, {len(names)} of 1 or -1 are wanted")
            found = rows[PARTS[int(parts[file])]]
            if most is None or len(found) < most:
                found.append((file, [int(value == "1") for value in values]))
    except (ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise problem("dataset=celeba", f"{ATTRIBUTES} and {PARTITION} in {root} do not agree ({error})") from None
    if not rows["train"]:
        raise problem("dataset=celeba", f"{root / PARTITION} has no training pictures (part 0)")
    return names, {part: found for part, found in rows.items() if found}


def _decode(root: Path, cfg: Any, say: Callable[[str], None]) -> RawDataset:
    import numpy as np

    from dlrun.data.source import RawDataset

    height, width = size_of(cfg)
    names, rows = _listed(root, cfg.rows)
    say(f"celeba: decoding {sum(map(len, rows.values())):,} pictures once")
    x, y = {}, {}
    for part, found in rows.items():
        x[part] = np.empty((len(found), cfg.channels, height, width), np.uint8)
        y[part] = np.array([values for _, values in found], np.uint8)
        for place, (file, _) in enumerate(found):
            path = root / FOLDER / file
            picture = decode(path.read_bytes(), height, width, cfg.channels, cfg.crop) if path.is_file() else None
            if picture is None:
                raise problem("dataset=celeba", f"{path} is missing or no picture")
            x[part][place] = picture
    return RawDataset(DatasetSpec((cfg.channels, height, width), "image", "labels", names), x["train"], y["train"],
                  x.get("val"), y.get("val"), x.get("test"), y.get("test"), levels=255.0)
