"""A forecast against those that need no network: the last value, and the value one season before."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlrun.data.prepared import PreparedData, Split

SEASON = 0.2  # autocorrelation from which on a series is said to repeat itself
DIP = 0.1  # by which it is lower at some shorter lag: what is only smooth, or noise, has no season
STEPS = 200_000  # of the training rows, the last ones, that the season is found in: a tenth of a second


def skill(prepared: PreparedData, split: Split, predicted: np.ndarray) -> tuple[dict[str, float], dict[str, Any]]:
    """``skill`` and ``seasonal_skill`` of predictions (rows,) in the unit of the target, and what they are against.

    A skill is 1 - error / error of the naive forecast, by the mean absolute error: 1 is perfect, 0 no better (Murphy,
    1988, has it for squared errors).  The seasonal one needs a season that the training rows show, and is of the rows
    that have a step one season before in their piece.
    """
    assert split.rows is not None and split.form.windows is not None
    windows, target = split.form.windows, int(prepared.settings["target"])
    column = split.x[:, target].astype(np.float64)
    true = prepared.targets[0].in_unit(np.asarray(split.y))
    seen = (windows.length - 1) * windows.step  # the last step of a window, from its beginning
    forecasts: dict[str, tuple[np.ndarray, np.ndarray, dict[str, Any]]] = {
        "last_value": (column[split.rows + seen], np.ones(len(true), bool), {})}
    season = season_of(prepared.train.x[:, target])
    if season:
        back = -(-(windows.ahead - seen) // season) * season  # so many whole seasons that the value is known by then
        place = split.rows + windows.ahead - back
        forecasts["seasonal"] = (column[np.maximum(place, 0)], place >= 0, {"season": season})
    metrics, entries = {}, {}
    for name, (naive, there, about) in forecasts.items():
        error = float(np.abs(naive - true)[there].mean()) if there.any() else 0.0
        if error:
            metrics["skill" if name == "last_value" else "seasonal_skill"] = (
                1 - float(np.abs(predicted - true)[there].mean()) / error)
            entries[name] = {"mae": error, **about}
    return metrics, {"naive_forecasts": entries} if entries else {}


def season_of(series: np.ndarray) -> int:
    """The steps after which a series (steps,) repeats itself; 0 where it does not, by its autocorrelation.

    It is the shortest lag whose autocorrelation is a peak of nearly (0.9 of) the highest one's height.
    """
    numbers = series[-STEPS:].astype(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    steps = len(numbers)
    if steps < 8 or not (numbers := numbers - numbers.mean()).any():
        return 0
    spectrum = np.fft.rfft(numbers, 2 * steps)  # padded, so that the end does not meet the beginning
    found = np.fft.irfft(np.abs(spectrum) ** 2)[: steps // 3]
    found = found / found[0] * steps / (steps - np.arange(len(found)))
    lowest = np.minimum.accumulate(found)
    lags = np.arange(2, len(found) - 1)
    peaks = lags[(found[lags] > found[lags - 1]) & (found[lags] >= found[lags + 1])
                 & (found[lags] > SEASON) & (found[lags] - lowest[lags] > DIP)]
    if not len(peaks):
        return 0
    return int(peaks[found[peaks] >= 0.9 * found[peaks].max()][0])
