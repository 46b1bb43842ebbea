"""Fisher's flowers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._sklearn import SklearnTable
from dlrun.data.sets._tables import TableDataset, classes
from dlrun.registry import register

FEATURES = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")


@register("dataset", "iris")
@dataclass(frozen=True)
class Iris(TableDataset, SklearnTable):
    """150 flowers, 4 measurements, 3 species (Fisher 1936); embedded, needs no download."""

    source_files: ClassVar[tuple[str, ...]] = ("iris.csv",)
    known: ClassVar[DatasetInfo] = classes(FEATURES, ("setosa", "versicolor", "virginica"), 150)
