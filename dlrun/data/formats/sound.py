"""One WAV file as an array: its wave, or its spectrogram."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np

from dlrun.data.formats.picture_file import Unreadable

SUFFIXES = (".wav", ".wave")
RANGE = 80.0  # decibels below the loudest of a file that become 0


@dataclass(frozen=True)
class SoundForm:
    """What sounds become: `rate` values in a second, `seconds` long (cut, or filled up with silence behind).

    `bins` is 0 for the wave, else the bands of a spectrogram, whose windows are `window` values long and half of that
    apart.
    """

    rate: int
    seconds: float
    bins: int = 0
    window: int = 512

    @property
    def length(self) -> int:
        """Values of the wave."""
        return max(1, round(self.rate * self.seconds))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sound: (1, values), or (1, bands, windows) of its spectrogram."""
        if not self.bins:
            return (1, self.length)
        return (1, self.bins, 1 + max(0, self.length - self.window) // (self.window // 2))


def decode(data: bytes, form: SoundForm) -> np.ndarray:
    """A sound, float32 of the form's shape: the mean of its channels from -1 to 1, or loudness from 0 to 1.

    Raises Unreadable for what is no WAV file (PCM of 8 to 32 bits, or floats).
    """
    wave = _resampled(*_read(data), form.rate)[:form.length]
    wave = np.pad(wave, (0, form.length - len(wave)))
    return (spectrogram(wave, form) if form.bins else wave)[None].astype(np.float32)


def rate_of(data: bytes) -> tuple[int, float]:
    """Values in a second, and seconds, of a WAV file; raises Unreadable."""
    rate, values = _read(data)
    return rate, len(values) / rate


def spectrogram(wave: np.ndarray, form: SoundForm) -> np.ndarray:
    """Loudness (bands, windows) from 0 (80 dB below the loudest, or silence) to 1, low bands first.

    Bands are evenly spaced in mel, 2595 log10(1 + hertz / 700), as triangles that overlap by half.
    """
    size = form.window
    wave = np.pad(wave, (0, max(0, size - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, size)[::size // 2] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2  # (windows, size / 2 + 1)
    bands = power @ _mel(form.bins, size, form.rate)
    loudest = bands.max()
    if not loudest:
        return np.zeros((form.bins, len(frames)))
    decibels = 10 * np.log10(np.maximum(bands / loudest, 10 ** (-RANGE / 10)))
    found: np.ndarray = (1 + decibels / RANGE).T
    return found


def _mel(bins: int, size: int, rate: int) -> np.ndarray:
    """The weight of each frequency in each band, (size / 2 + 1, bands)."""
    edges = 700 * (10 ** (np.linspace(0, 2595 * math.log10(1 + rate / 1400), bins + 2) / 2595) - 1)  # hertz
    hertz = np.fft.rfftfreq(size, 1 / rate)[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    found: np.ndarray = np.maximum(0, np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)))
    return found


def _read(data: bytes) -> tuple[int, np.ndarray]:
    import warnings

    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of chunks that are no sound
            rate, values = wavfile.read(io.BytesIO(data))
    except Exception as error:  # what scipy raises for bytes that it takes for a WAV file, and are not
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise Unreadable(f"it is no WAV file that can be read ({reason})") from None
    if not rate or not values.size:
        raise Unreadable("it has no sound")
    if values.dtype == np.uint8:
        wave = values.astype(np.float64) / 128 - 1
    elif values.dtype.kind == "i":
        wave = values / -float(np.iinfo(values.dtype).min)
    else:
        wave = values.astype(np.float64)
    if not np.isfinite(wave).all():
        raise Unreadable("it has values that are not finite")
    return int(rate), wave if wave.ndim == 1 else wave.mean(1)


def _resampled(rate: int, wave: np.ndarray, goal: int) -> np.ndarray:
    if rate == goal:
        return wave
    from scipy.signal import resample_poly

    common = math.gcd(rate, goal)
    found: np.ndarray = resample_poly(wave, goal // common, rate // common)
    return found
