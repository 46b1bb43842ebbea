"""Forecasts that need no network: the last value, and the value one season before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlrun.data.prepared import Split


def naive_forecasts(split: Split, settings: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """``last_value`` and ``seasonal`` for each window of a split (rows,), in the unit of the target; NaN where a piece
    has no step one season before.

    `settings` are those of the preprocessing state; without a season there, which the training rows show, there is no
    seasonal one.
    """
    assert split.rows is not None and split.form.windows is not None
    windows, column = split.form.windows, split.x[:, int(settings["target"])].astype(np.float64)
    seen = (windows.length - 1) * windows.step  # the last step of a window, from its beginning
    found = {"last_value": column[split.rows + seen]}
    if season := int(settings.get("season", 0)):
        back = -(-(windows.ahead - seen) // season) * season  # so many whole seasons that the value is known by then
        place = split.rows + windows.ahead - back
        found["seasonal"] = np.where(place >= 0, column[np.maximum(place, 0)], np.nan)
    return found
