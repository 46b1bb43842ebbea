"""The consumption of electricity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import choice
from dlrun.data.sets import _options as options
from dlrun.data.sets import _series as series
from dlrun.data.sets._known_series import KnownSeries, KnownWindows
from dlrun.registry import register

CLIENTS = {
    "MT_200": KnownSeries(("electricity/LD_MT200_hour.csv", "LD_MT200_hour.csv"), ("MT_200",), "MT_200", "kW", 35065,
                          "one client, hourly"),
    "MT_250": KnownSeries(("electricity/LD_250.npy", "LD_250.npy"), ("MT_250",), "MT_250", "kW", 1000,
                          "1,000 readings of one client"),
}


@register("dataset", "electricity")
@dataclass(frozen=True)
class Electricity(KnownWindows):
    """One client's consumption of electricity: 20 readings, the next one (a series; UCI)."""

    hashes: ClassVar[dict[str, str]] = {
        "LD_MT200_hour.csv": "4a436734092aba170dfdc37aada131b00429648034c509d913253b2d1c18c352",
        "LD_250.npy": "5b7068192dd7db5bb5cccc77094118bc79e06f8065955d4d9dd3485bf5f8320e",
    }
    name: str = options.name()
    client: str = choice(
        "MT_200", ("MT_200", "MT_250"), "MT_200 has 35,065 hours of 2011 to 2014, MT_250 1,000 quarters of an hour.",
    )
    lookback: int = series.lookback(20)
    step: int = series.step(1)
    delay: int = series.delay(0)
    stride: int = series.stride()
    test: float = options.last_steps(0.3)
    scale: str = options.table_scale("unit")
    target_scale: str = options.target_scale("unit")

    def chosen(self) -> KnownSeries:
        return CLIENTS[self.client]
