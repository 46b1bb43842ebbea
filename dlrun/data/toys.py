"""Points in the plane, drawn: half moons, circles, spirals, blobs."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.config.seeds import derive_seed
from dlrun.data import known
from dlrun.data.dataset_spec import Column
from dlrun.data.source import RawDataset


def read(cfg: Any) -> RawDataset:
    """The points: class k has rows k, k + K, k + 2K ...; equal on every machine up to rounding."""
    about = known.dataset_info(cfg)
    assert about is not None  # a toy is known
    data_spec = about.data_spec
    classes = len(data_spec.classes)
    y = np.arange(cfg.rows) % classes
    # How far along its curve a point lies, 0 to 1, evenly within each class.
    counts = np.bincount(y, minlength=classes)
    t = (np.arange(cfg.rows) // classes) / np.maximum(counts - 1, 1)[y]
    points = _PLACES[cfg.kind](cfg, y, t, classes)
    # RandomState's streams are frozen by NumPy: a new version gives the same points.
    noise = np.random.RandomState(np.random.MT19937(derive_seed(cfg.data_seed, "points"))).standard_normal(points.shape)
    x = (points + cfg.noise * noise).astype(np.float32)
    return RawDataset(data_spec, x, y.astype(np.int64), columns=(Column("x", "number"), Column("y", "number")))


def _moons(cfg: Any, y: np.ndarray, t: np.ndarray, classes: int) -> np.ndarray:
    angle = np.pi * t
    outer = np.stack([np.cos(angle), np.sin(angle)], 1)
    inner = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    return np.where(y[:, None] == 0, outer, inner)


def _circles(cfg: Any, y: np.ndarray, t: np.ndarray, classes: int) -> np.ndarray:
    counts = np.bincount(y, minlength=2)
    angle = 2 * np.pi * (np.arange(len(y)) // 2) / counts[y]  # the end of the circle is its start: not both
    return np.where(y == 0, 1.0, cfg.factor)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)


def _spirals(cfg: Any, y: np.ndarray, t: np.ndarray, classes: int) -> np.ndarray:
    angle = 2 * np.pi * (cfg.turns * t + y / classes)
    return (4 * t)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)  # radius 4: 0.1 of noise leaves gaps


def _blobs(cfg: Any, y: np.ndarray, t: np.ndarray, classes: int) -> np.ndarray:
    angle = 2 * np.pi * y / classes
    return 4 * np.stack([np.cos(angle), np.sin(angle)], 1)


_PLACES = {"moons": _moons, "circles": _circles, "spirals": _spirals, "blobs": _blobs}
