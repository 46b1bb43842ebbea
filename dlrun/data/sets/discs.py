"""Points in the plane and the discs that they lie in, drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import integer, number
from dlrun.config.seeds import derive_seed
from dlrun.data.dataset_spec import Column, DatasetInfo, DatasetSpec
from dlrun.data.sets._base import Say
from dlrun.data.sets._tables import TableDataset
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.source import RawDataset

DISCS = ("red", "green", "blue")
RADIUS, OUT, HALF = 1.0, 0.6, 2.0  # of a disc; of its centre from the origin; of the square that points are drawn in


@register("dataset", "discs")
@dataclass(frozen=True)
class Discs(TableDataset):
    """Points in the plane and in which of three overlapping discs each lies: none to all (several labels); drawn."""

    offline: ClassVar[bool] = True
    rows: int = integer(1000, "How many points are drawn.", low=4)
    noise: float = number(0.1, "Standard deviation of the noise that is added to each coordinate.", low=0)
    data_seed: int = integer(0, "Seed of the points.", low=0)

    def info(self, data_dir: str) -> DatasetInfo:
        return DatasetInfo(DatasetSpec((2,), "table", "labels", DISCS, ("x", "y")), {"train": self.rows})

    def read(self, data_dir: str, say: Say) -> RawDataset:
        """Points evenly over a square; their labels are those of where they lay before the noise."""
        import numpy as np

        from dlrun.data.source import RawDataset, complete

        # RandomState's streams are frozen by NumPy: a new version gives the same points.
        stream = np.random.RandomState(np.random.MT19937(derive_seed(self.data_seed, "discs")))
        points = stream.uniform(-HALF, HALF, (self.rows, 2))
        inside = np.linalg.norm(points[:, None] - centres(), axis=2) <= RADIUS
        x = (points + self.noise * stream.standard_normal(points.shape)).astype(np.float32)
        return complete(RawDataset(self.info(data_dir).data_spec, x, inside.astype(np.uint8),
                                   columns=(Column("x", "number"), Column("y", "number"))))


def centres() -> np.ndarray:
    """The centres of the discs, (3, 2), evenly on a circle, the first at its top."""
    import numpy as np

    angle = np.pi / 2 + 2 * np.pi * np.arange(len(DISCS)) / len(DISCS)
    return OUT * np.stack([np.cos(angle), np.sin(angle)], 1)
