"""The Olivetti faces: 10 photographs of each of 40 persons, from the MATLAB file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import known, paths
from dlrun.data.source import DatasetFiles, RawDataset


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The file, ready to decode."""
    path = paths.standard(cfg.kind, data_dir, ["faces/olivettifaces.mat", "olivettifaces.mat"])
    return DatasetFiles([path], lambda _: _decode(path))


def _decode(path: Path) -> RawDataset:
    from scipy.io import loadmat  # comes with scikit-learn

    about = known.SETS["olivetti"]
    rows = about.rows["train"]
    try:
        faces = np.asarray(loadmat(path, variable_names=["faces"])["faces"])
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise problem("dataset=olivetti", f"{path} can't be read ({error})") from None
    if faces.shape != (64 * 64, rows) or faces.dtype != np.uint8:
        raise problem("dataset=olivetti", f"{path} holds {faces.dtype} {faces.shape}; uint8 (4096, {rows}) is wanted")
    # a column is a picture, its pixels column by column
    x = np.ascontiguousarray(faces.T.reshape(rows, 1, 64, 64).transpose(0, 1, 3, 2))
    return RawDataset(about.data_spec, x, np.arange(rows) // 10, levels=about.levels, grouped=True)
