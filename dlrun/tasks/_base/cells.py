"""How predictions are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlrun.data.scale import Target


def probability_cells(before: str, names: Sequence[str], shares: Sequence[float]) -> dict[str, str]:
    """A column for the probability of each class: ``p(cat)``."""
    return {f"{before}({name})": f"{share:.4f}" for name, share in zip(names, shares)}


def number_cell(value: float, target: Target) -> str:
    """A number in the target's own unit."""
    return f"{float(target.in_unit(np.float32(value))):.6g}"
