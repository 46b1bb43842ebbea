"""The small handwritten digits of UCI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._images import SplitImages, pictures
from dlrun.data.sets._sklearn import SklearnTable
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np


@register("dataset", "digits")
@dataclass(frozen=True)
class Digits(SplitImages, SklearnTable):
    """1,797 handwritten digits, 8x8 in 17 levels, 10 classes (UCI); embedded, needs no download."""

    source_files: ClassVar[tuple[str, ...]] = ("digits.csv.gz",)
    skip: ClassVar[int] = 0
    levels: ClassVar[float] = 16.0
    known: ClassVar[DatasetInfo] = pictures((1, 8, 8), tuple("0123456789"), train=1797)

    def arrange(self, rows: np.ndarray) -> np.ndarray:
        import numpy as np

        return rows.astype(np.uint8).reshape(-1, 1, 8, 8)
