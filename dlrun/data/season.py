"""Whether a series repeats itself, and after how many steps."""

from __future__ import annotations

import numpy as np

SEASON = 0.2  # autocorrelation from which on a series is said to repeat itself
DIP = 0.1  # by which it is lower at some shorter lag: what is only smooth, or noise, has no season
STEPS = 200_000  # of the training rows, the last ones, that the season is found in: a tenth of a second


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
