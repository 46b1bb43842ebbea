"""Frozen weights, kept once in the cache under the SHA-256 of what they are, whatever number of runs uses them."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlrun.config.places import cache_dir
from dlrun.record.own_file import replacing


def digest_of(weights: Mapping[str, Tensor]) -> str:
    """The SHA-256, in hexadecimal digits, of names, kinds, shapes and bytes."""
    digest = hashlib.sha256()
    for name, value in sorted(weights.items()):
        array = np.ascontiguousarray(value.detach().cpu().contiguous().numpy())
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def place_of(digest: str) -> Path:
    """Where the weights of this digest are, or would be."""
    return cache_dir() / "bases" / f"{digest}.pt"


def store(digest: str, weights: Mapping[str, Tensor]) -> bool:
    """Keep weights under their digest; whether they are there now.

    A file that is there is believed once its content has that digest, and written anew where it has not: a checkpoint
    without these weights depends on it.
    """
    place = place_of(digest)
    if (state := _state(place)) is not None and (_verified.get(place) == state or load(digest) is not None):
        _verified[place] = state
        return True
    try:
        with replacing(place, sync=True) as file:
            torch.save({name: value.detach().cpu().contiguous() for name, value in weights.items()}, file)
    except OSError:
        return False
    return True


_verified: dict[Path, tuple[int, ...]] = {}  # files whose content was looked at, as they were then: each once a process


def _state(place: Path) -> tuple[int, ...] | None:
    """What changes with a file's content; None where there is no file."""
    try:
        found = place.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def load(digest: str) -> dict[str, Tensor] | None:
    """The weights that were kept under a digest; None where there are none, or others than they were."""
    try:
        content: Any = torch.load(place_of(digest), map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except Exception:  # whatever torch raises for a file that it cannot read: it is none of ours any more
        return None
    return content if isinstance(content, dict) and digest_of(content) == digest else None
