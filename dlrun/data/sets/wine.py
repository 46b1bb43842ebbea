"""Wines of three cultivators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._sklearn import SklearnTable
from dlrun.data.sets._tables import TableDataset, classes
from dlrun.registry import register

FEATURES = (
    "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
    "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines", "proline",
)


@register("dataset", "wine")
@dataclass(frozen=True)
class Wine(TableDataset, SklearnTable):
    """178 wines, 13 measurements, 3 cultivators (UCI); embedded, needs no download."""

    source_files: ClassVar[tuple[str, ...]] = ("wine_data.csv",)
    known: ClassVar[DatasetInfo] = classes(FEATURES, ("class_0", "class_1", "class_2"), 178)
