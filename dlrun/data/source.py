"""What a reader hands over: the arrays of a data set as they are stored, and what is known about them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.data.signature import Column, Signature

ARRAYS = ("x", "y", "x_val", "y_val", "x_test", "y_test")


@dataclass(frozen=True)
class Source:
    """A data set as it is stored.

    Images are uint8 (N, C, H, W) with values 0 to `levels`; tables float32 (N, features), NaN where a number is
    missing.  Targets are int64 (N,) for classes, float32 (N,) for numbers, None where there are none.
    `x_val` and `x_test` are None where the source has no such part.  `grouped` says that the rows of a part
    stand in the order of their classes, which means nothing.  `label` ("JPEG copy") belongs to every result.
    `files` maps the files that were read to their SHA-256; `content` is the SHA-256 over the arrays.
    """

    signature: Signature
    x: np.ndarray
    y: np.ndarray | None
    x_val: np.ndarray | None = None
    y_val: np.ndarray | None = None
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    levels: float = 1.0
    columns: tuple[Column, ...] = ()
    label: str = ""
    files: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    grouped: bool = False
    content: str = ""


@dataclass(frozen=True)
class Found:
    """A data set that is there: its files, the settings that decoding depends on, and how to decode it.

    `state` stands for the sizes and times of the files where they are too many to list.  A `decode` that fills
    `files` itself is believed; else the files of `paths` are hashed.
    """

    paths: list[Path]
    decode: Callable[[Callable[[str], None]], Source]
    asked: Any = None
    state: Any = None


def digest(arrays: Iterable[np.ndarray | None]) -> str:
    """SHA-256 over kind, shape and bytes of each array, in order; an absent one counts as such."""
    sha = hashlib.sha256()
    for array in arrays:
        if array is None:
            sha.update(b"none;")
            continue
        sha.update(f"{array.dtype.str}{array.shape};".encode())
        sha.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return sha.hexdigest()
