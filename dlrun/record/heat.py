"""Numbers as colours: maps of a network as pictures."""

from __future__ import annotations

from typing import Any


def coloured(values: Any, low: float | None = None, high: float | None = None, colours: str = "viridis") -> Any:
    """Maps (N, height, width) as uint8 (N, 3, height, width), from `low` to `high`: by default each its own range.

    A map that is the same everywhere has the colour of the lowest value.
    """
    import numpy as np
    from matplotlib import colormaps

    values = np.nan_to_num(np.asarray(values, np.float32))
    lows = values.min((1, 2), keepdims=True) if low is None else low
    highs = values.max((1, 2), keepdims=True) if high is None else high
    shares = np.clip((values - lows) / np.maximum(highs - lows, 1e-12), 0, 1)
    return (colormaps[colours](shares)[..., :3] * 255).round().astype(np.uint8).transpose(0, 3, 1, 2)
