"""Weights of members as a user gives them.  No torch, so that what is wrong is said at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.schema.quoting import show


def given_weights(given: Any, members: int) -> np.ndarray:
    """Weights (members,) of sum 1 from ``equal`` or a list; raises ConfigError for another count, or zeros alone."""
    if given == "equal":
        return np.full(members, 1 / members)
    if not isinstance(given, Sequence) or len(given) != members or not any(given):
        raise problem(f"weights={show(given)}", f"expected equal, fitted, or {members} numbers >= 0, not all 0, one "
                                                "for each run in their order")
    shares = np.asarray(given, np.float64)
    return np.asarray(shares / shares.sum())
