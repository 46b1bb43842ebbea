"""What a reader hands over: the arrays of a data set as they are stored, and what is known about them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.dataset_spec import Column, DatasetSpec

if TYPE_CHECKING:
    from dlrun.data.row_stream import RowStream

Say = Callable[[str], None]  # takes a line for the user
ARRAYS = ("x", "y", "x_val", "y_val", "x_test", "y_test", "data", "data_y", "groups", "groups_test")
INPUTS = {"train": "x", "val": "x_val", "test": "x_test"}  # the array of inputs of each split


@dataclass(frozen=True)
class RawDataset:
    """A data set as it is stored.

    Images are uint8 (N, C, H, W) with values 0 to `levels`; tables float32 (N, features), NaN where a number is
    missing.  Lines of pictures read in time are uint8 (N, features, length).  Targets are int64 (N,) for classes,
    float32 (N,) for numbers, uint8 (N, labels) for several labels, float32 (N, heads) for several targets (numbers, or
    numbers of classes), None where there are none.
    A row of words is its span (start, stop) in `data`, the ids of all rows end to end: `x` is int64 (N, 2); `data_y`
    has a target for each of these ids where targets stand at positions.  The `words` of the ids are the source's
    own, not yet those of a fitted vocabulary.  A series is float32 (steps, features) in `x`, a running text int32
    (steps,), both without `y`, but for a series some of whose targets are missing (NaN in `y`); `target` is the column
    of a series that is predicted.
    `x_val` and `x_test` are None where the source has no such split.  `grouped` says that the rows of a split
    stand in the order of their classes, which means nothing.  `label` ("JPEG copy") belongs to every result.
    `reading` says how a file's cells were read, for new rows; `revision` is 2 where dlrun once made something else of
    the same files, so that runs of then are other runs.
    `files` maps the files that were read to their SHA-256; `content` is the SHA-256 over the arrays.
    `groups` has the group of each row of `x`, int64 (N,), where rows of one must not be in two parts, `groups_test`
    that of each row of `x_test`.
    `streams` has the splits ("train", "val", "test") whose rows are read when a step needs them; where such a split is
    not held, its inputs are a placeholder (`data.row_stream`).
    """

    data_spec: DatasetSpec
    x: np.ndarray
    y: np.ndarray | None
    x_val: np.ndarray | None = None
    y_val: np.ndarray | None = None
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    data: np.ndarray | None = None
    data_y: np.ndarray | None = None
    words: tuple[str, ...] = ()
    target: int = 0
    levels: float = 1.0
    columns: tuple[Column, ...] = ()
    label: str = ""
    files: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    grouped: bool = False
    content: str = ""
    reading: dict[str, Any] = field(default_factory=dict)
    revision: int = 1
    streams: Mapping[str, RowStream] = field(default_factory=dict)
    groups: np.ndarray | None = None
    groups_test: np.ndarray | None = None

    @property
    def without_target(self) -> tuple[int, ...]:
        """The steps of a series that have no target."""
        if self.data_spec.input_kind != "series" or self.y is None or self.x.ndim != 2:
            return ()
        return tuple(np.flatnonzero(np.isnan(self.y)).tolist())


@dataclass(frozen=True)
class DatasetFiles:
    """A data set that is there: its files, the settings that decoding depends on, and how to decode it.

    `state` stands for the sizes and times of the files where they are too many to list.  A `decode` that fills
    `files` itself is believed; else the files of `paths` are hashed.
    """

    paths: list[Path]
    decode: Callable[[Callable[[str], None]], RawDataset]
    settings: object = None
    state: object = None


def complete(source: RawDataset) -> RawDataset:
    """The source with its `content`."""
    read = {INPUTS[split]: stream for split, stream in source.streams.items() if not stream.held}
    own = [None if name in read else getattr(source, name) for name in ARRAYS[:6]]
    more = [array for array in (source.data, source.data_y, source.groups, source.groups_test) if array is not None]
    words = "\0".join(source.words).encode("utf-8", "surrogatepass")
    words += "".join(f"{name}: {stream.reader.content};" for name, stream in sorted(read.items())).encode()
    return dataclasses.replace(source, content=digest([*own, *more], words))


def digest(arrays: Iterable[np.ndarray | None], more: bytes = b"") -> str:
    """SHA-256 over kind, shape and bytes of each array, in order; an absent one counts as such."""
    sha = hashlib.sha256(more)
    for array in arrays:
        if array is None:
            sha.update(b"none;")
            continue
        sha.update(f"{array.dtype.str}{array.shape};".encode())
        sha.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return sha.hexdigest()
