"""The progression of diabetes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets._sklearn import SklearnTable
from dlrun.data.sets._tables import number
from dlrun.registry import register

FEATURES = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


@register("dataset", "diabetes")
@dataclass(frozen=True)
class Diabetes(SklearnTable):
    """442 patients, 10 measurements; the disease's progression after a year (Efron et al. 2004); embedded."""

    source_files: ClassVar[tuple[str, ...]] = ("diabetes_data_raw.csv.gz", "diabetes_target.csv.gz")
    cells: ClassVar[str | None] = None
    skip: ClassVar[int] = 0
    known: ClassVar[DatasetInfo] = number(FEATURES, "progression", train=442)
    name: str = options.name()
    scale: str = options.table_scale()
    target_scale: str = options.target_scale()
    test: float = options.test()
    split_seed: int | str = options.split_seed()
