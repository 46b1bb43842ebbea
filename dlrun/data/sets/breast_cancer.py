"""Tumours, malignant or benign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets._sklearn import SklearnTable
from dlrun.data.sets._tables import TableDataset, classes
from dlrun.registry import register

FEATURES = tuple(
    form.format(feature)
    for form in ("mean {}", "{} error", "worst {}")
    for feature in (
        "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points",
        "symmetry", "fractal dimension",
    )
)


@register("dataset", "breast_cancer")
@dataclass(frozen=True)
class BreastCancer(TableDataset, SklearnTable):
    """569 tumours, 30 measurements, malignant or benign (Wisconsin); embedded, needs no download."""

    source_files: ClassVar[tuple[str, ...]] = ("breast_cancer.csv",)
    known: ClassVar[DatasetInfo] = classes(FEATURES, ("malignant", "benign"), 569)
