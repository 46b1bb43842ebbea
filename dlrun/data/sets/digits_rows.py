"""The small handwritten digits of UCI, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.sets._images import SplitImages
from dlrun.data.sets._sklearn import SklearnTable
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np


@register("dataset", "digits_rows")
@dataclass(frozen=True)
class DigitsRows(SplitImages, SklearnTable):
    """The 8 lines of each of 1,797 handwritten digits as a sequence of 8 pixels each, 10 classes (UCI); embedded."""

    source_files: ClassVar[tuple[str, ...]] = ("digits.csv.gz",)
    skip: ClassVar[int] = 0
    levels: ClassVar[float] = 16.0
    known: ClassVar[DatasetInfo] = DatasetInfo(
        DatasetSpec((8, 8), "series", "classes", tuple("0123456789"), tuple(f"pixel {place}" for place in range(8))),
        {"train": 1797})

    def arrange(self, rows: np.ndarray) -> np.ndarray:
        import numpy as np

        # line t is step t: its 8 pixels are the features
        return np.ascontiguousarray(rows.astype(np.uint8).reshape(-1, 8, 8).transpose(0, 2, 1))
