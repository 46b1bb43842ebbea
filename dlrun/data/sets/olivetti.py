"""The Olivetti faces: 10 photographs of each of 40 persons, from the MATLAB file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._base import Say
from dlrun.data.sets._images import SplitImages, pictures
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

ROWS = 400


@register("dataset", "olivetti")
@dataclass(frozen=True)
class Olivetti(SplitImages):
    """400 photographs of the faces of 40 persons, 64x64 grey (AT&T Laboratories Cambridge)."""

    known: ClassVar[DatasetInfo] = pictures((1, 64, 64), tuple(f"person {number}" for number in range(1, 41)),
                                            train=ROWS)
    hashes: ClassVar[dict[str, str]] = {
        "olivettifaces.mat": "b1988d02c72fe5b8ee82b5ef3bb7982eafc74f1e1ff0ae0ade35061ad0af534d",
    }

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        path = self.located(data_dir, "faces/olivettifaces.mat", "olivettifaces.mat")
        return DatasetFiles([path], lambda _: self._decode(path))

    def _decode(self, path: Path) -> RawDataset:
        import numpy as np
        from scipy.io import loadmat  # comes with scikit-learn

        from dlrun.data.source import RawDataset

        try:
            faces = np.asarray(loadmat(path, variable_names=["faces"])["faces"])
        except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
            raise self.damaged(f"{path} can't be read ({error})") from None
        if faces.shape != (64 * 64, ROWS) or faces.dtype != np.uint8:
            raise self.damaged(f"{path} holds {faces.dtype} {faces.shape}; expected uint8 (4096, {ROWS})")
        # a column is a picture, its pixels column by column
        x = np.ascontiguousarray(faces.T.reshape(ROWS, 1, 64, 64).transpose(0, 1, 3, 2))
        return RawDataset(self.known.data_spec, x, np.arange(ROWS) // 10, levels=self.levels, grouped=True)
