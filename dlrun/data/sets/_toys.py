"""Points in the plane that are drawn: what half moons, circles, spirals and blobs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import integer, number
from dlrun.config.seeds import derive_seed
from dlrun.data.dataset_spec import Column, DatasetInfo, DatasetSpec
from dlrun.data.sets._base import Say
from dlrun.data.sets._tables import TableDataset

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.source import RawDataset


@dataclass(frozen=True)
class Toy(TableDataset):
    """Points of classes on curves, with noise; `places` says where a point of a class lies without it."""

    offline: ClassVar[bool] = True
    rows: int = integer(1000, "How many points are drawn.", low=4)
    noise: float = number(0.1, "Standard deviation of the noise that is added to each coordinate.", low=0)
    data_seed: int = integer(0, "Seed of the points.", low=0)

    @property
    def count(self) -> int:
        """The number of classes."""
        return 2

    def places(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        """The points (rows, 2) of classes `y` at `t`, which is 0 to 1 along the curve of a class."""
        raise NotImplementedError

    def info(self, data_dir: str) -> DatasetInfo:
        classes = tuple(str(label) for label in range(self.count))
        return DatasetInfo(DatasetSpec((2,), "table", "classes", classes, ("x", "y")), {"train": self.rows})

    def read(self, data_dir: str, say: Say) -> RawDataset:
        """The points: class k has rows k, k + K, k + 2K ...; equal on every machine up to rounding."""
        import numpy as np

        from dlrun.data.source import RawDataset, complete

        y = np.arange(self.rows) % self.count
        # How far along its curve a point lies, 0 to 1, evenly within each class.
        counts = np.bincount(y, minlength=self.count)
        t = (np.arange(self.rows) // self.count) / np.maximum(counts - 1, 1)[y]
        points = self.places(y, t)
        # RandomState's streams are frozen by NumPy: a new version gives the same points.
        stream = np.random.RandomState(np.random.MT19937(derive_seed(self.data_seed, "points")))
        x = (points + self.noise * stream.standard_normal(points.shape)).astype(np.float32)
        return complete(RawDataset(self.info(data_dir).data_spec, x, y.astype(np.int64),
                                   columns=(Column("x", "number"), Column("y", "number"))))
