"""The standard series as constants: columns, steps, file names.  Nothing is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
from dlrun.data.shape import of_series

WEATHER = (
    "p (mbar)", "T (degC)", "Tpot (K)", "Tdew (degC)", "rh (%)", "VPmax (mbar)", "VPact (mbar)", "VPdef (mbar)",
    "sh (g/kg)", "H2OC (mmol/mol)", "rho (g/m**3)", "wv (m/s)", "max. wv (m/s)", "wd (deg)",
)


@dataclass(frozen=True)
class KnownSeries:
    """A standard series: the names that its file may have below a data folder, its columns, the one that is told."""

    files: tuple[str, ...]
    features: tuple[str, ...]
    target: str
    unit: str
    steps: int
    label: str = ""

    @property
    def data_spec(self) -> DatasetSpec:
        """That of one step; `shape.of_series` makes windows of it."""
        return DatasetSpec((len(self.features),), "series", "number", features=self.features, target_name=self.target,
                         unit=self.unit)


def _weather(name: str, columns: int, steps: int, label: str = "") -> KnownSeries:
    return KnownSeries((f"jena_climate/{name}", name), WEATHER[:columns], "T (degC)", "°C", steps, label)


SERIES = {
    ("jena", 2024): _weather("mpi_roof_2024-06_2024-10.csv.gz", 14, 19132, "June to October 2024"),
    ("jena", 2009): _weather("jena_climate_2009_first4000.csv", 11, 4000, "first 4,000 rows"),
    ("jena", "whole"): _weather("jena_climate_2009_2016.csv", 14, 420551),
    ("electricity", "MT_200"): KnownSeries(
        ("electricity/LD_MT200_hour.csv", "LD_MT200_hour.csv"), ("MT_200",), "MT_200", "kW", 35065,
        "one client, hourly"),
    ("electricity", "MT_250"): KnownSeries(
        ("electricity/LD_250.npy", "LD_250.npy"), ("MT_250",), "MT_250", "kW", 1000, "1,000 readings of one client"),
}


def chosen(cfg: Any) -> KnownSeries:
    """The series that a configuration of jena or electricity means."""
    return SERIES[cfg.kind, cfg.file if cfg.kind == "jena" else cfg.client]


def dataset_info(cfg: Any) -> DatasetInfo:
    """Signature and steps."""
    about = chosen(cfg)
    return DatasetInfo(of_series(cfg, about.data_spec), {"train": about.steps})
