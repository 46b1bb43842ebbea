"""Homes in Boston."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.dataset_spec import Column, DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset, Say
from dlrun.data.sets._keras import orders
from dlrun.data.sets._tables import number
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

ARCHIVE = "boston_housing.npz"
FEATURES = ("CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT")
TRAIN, TEST = 404, 102


@register("dataset", "boston")
@dataclass(frozen=True)
class Boston(Dataset):
    """404 + 102 districts of Boston, 13 measurements; the median price of a home (a number; Keras's split)."""

    known: ClassVar[DatasetInfo] = number(FEATURES, "MEDV", "1,000 $", train=TRAIN, test=TEST)
    hashes: ClassVar[dict[str, str | tuple[str, ...]]] = {
        "boston_housing.npz": (
            "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",  # Keras's
            "9a38dd3bf92f3c2809445778cc12336e985c0faf67eb64379f6809dca11ef4bc",  # the same rows, written again
        ),
    }
    name: str = options.name()
    scale: str = options.table_scale()
    target_scale: str = options.target_scale()

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        file = self.located(data_dir, f"keras/{ARCHIVE}", ARCHIVE)
        return DatasetFiles([file], lambda _: self._decode(file))

    def _decode(self, file: Path) -> RawDataset:
        import numpy as np

        from dlrun.data.formats import object_arrays
        from dlrun.data.source import RawDataset

        found = object_arrays.arrays(file, "dataset=boston")
        x, y = found.get("x"), found.get("y")
        rows = TRAIN + TEST
        if x is None or y is None or x.shape != (rows, 13) or y.shape != (rows,):
            raise self.damaged(f"{file} does not hold x ({rows}, 13) and y ({rows},)")
        (order,) = orders(rows)
        x, y = x[order].astype(np.float32), y[order].astype(np.float32)
        columns = tuple(Column(name, "number") for name in FEATURES)
        return RawDataset(self.known.data_spec, x[:TRAIN], y[:TRAIN], x_test=x[TRAIN:], y_test=y[TRAIN:],
                          columns=columns)
