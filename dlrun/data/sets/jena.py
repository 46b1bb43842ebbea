"""The weather in Jena."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import choice
from dlrun.data.sets import _options as options
from dlrun.data.sets import _series as series
from dlrun.data.sets._known_series import KnownSeries, KnownWindows
from dlrun.registry import register

WEATHER = (
    "p (mbar)", "T (degC)", "Tpot (K)", "Tdew (degC)", "rh (%)", "VPmax (mbar)", "VPact (mbar)", "VPdef (mbar)",
    "sh (g/kg)", "H2OC (mmol/mol)", "rho (g/m**3)", "wv (m/s)", "max. wv (m/s)", "wd (deg)",
)


def _weather(name: str, columns: int, steps: int, label: str = "") -> KnownSeries:
    return KnownSeries((f"jena_climate/{name}", name), WEATHER[:columns], "T (degC)", "°C", steps, label)


FILES = {
    2024: _weather("mpi_roof_2024-06_2024-10.csv.gz", 14, 19132, "June to October 2024"),
    2009: _weather("jena_climate_2009_first4000.csv", 11, 4000, "first 4,000 rows"),
    "whole": _weather("jena_climate_2009_2016.csv", 14, 420551),
}


@register("dataset", "jena")
@dataclass(frozen=True)
class Jena(KnownWindows):
    """The weather in Jena every 10 minutes, the temperature a day ahead (a series; Max Planck Institute)."""

    hashes: ClassVar[dict[str, str]] = {
        "jena_climate_2009_first4000.csv": "4f8858d6a054d939e04969bf1a3fcb175e99a211c767853bf937de1ed47b0ab1",
        "mpi_roof_2024-06_2024-10.csv.gz": "88a3700b4ddbc62e3e32efbf632f057e0fd9d4ef4a8583bb60977d601de91c9a",
    }
    name: str = options.name()
    file: int | str = choice(
        2024, (2024, 2009, "whole"),
        "Which rows: 19,132 of June to October 2024, the first 4,000 of the book's file (January 2009), or the "
        "book's whole file (2009 to 2016).",
    )
    lookback: int = series.lookback(1440)
    step: int = series.step(6)
    delay: int = series.delay(144)
    stride: int = series.stride()
    test: float = options.last_steps()
    scale: str = options.table_scale()
    target_scale: str = options.target_scale("standard")

    def chosen(self) -> KnownSeries:
        return FILES[self.file]
