"""Air quality in an Italian city, hour by hour."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import choice
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets._base import Dataset, Say
from dlrun.data.sets._tables import number
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.source import DatasetFiles, RawDataset

FEATURES = (
    "CO(GT)", "PT08.S1(CO)", "NMHC(GT)", "PT08.S2(NMHC)", "NOx(GT)", "PT08.S3(NOx)", "NO2(GT)", "PT08.S4(NO2)",
    "PT08.S5(O3)", "T", "RH", "AH",
)
TARGET = "C6H6(GT)"


@dataclass(frozen=True)
class _Reading:
    """How UCI's file is read; -200 stands for a missing value, two columns are empty."""

    target: str = TARGET
    targets: str = "number"
    separator: str = "auto"
    header: str = "auto"
    drop: tuple[str, ...] = ("Date", "Time", "15", "16")
    missing: tuple[str, ...] = ("-200",)
    decimal: str = "auto"
    indicator: bool = False
    dates: bool = False
    group: str = ""
    typed: bool = False
    order: str = ""


@register("dataset", "air_quality")
@dataclass(frozen=True)
class AirQuality(Dataset):
    """8,991 hours in an Italian city, benzene from 12 other measurements (a number; UCI)."""

    known: ClassVar[DatasetInfo] = number(FEATURES, TARGET, "µg/m³", train=8991)
    hashes: ClassVar[dict[str, str]] = {
        "AirQualityUCI.csv": "13277ae5d8581e80b7be09d47c7d3d06fe9b8e957078f2cf6e859f955e62f996",
    }
    name: str = options.name()
    scale: str = options.table_scale()
    target_scale: str = options.target_scale()
    test: float = options.test()
    test_take: str = choice("end", ("end", "random"), "Which rows are the test split: the last hours, or random ones.")
    split_seed: int | str = options.split_seed()

    def files(self, data_dir: str, say: Say) -> DatasetFiles:
        from dlrun.data.source import DatasetFiles

        path = self.located(data_dir, "air_quality/AirQualityUCI.csv", "AirQualityUCI.csv")
        return DatasetFiles([path], lambda _: self._decode(path))

    def _decode(self, path: Path) -> RawDataset:
        from dlrun.data.formats.table import parse
        from dlrun.data.formats.table_arrays import as_arrays

        table = parse(path, _Reading())
        if table.data_spec.features != FEATURES:
            raise self.damaged(f"the columns of {path} are not those of UCI's file")
        return dataclasses.replace(as_arrays(table), data_spec=self.known.data_spec)
