"""The generators that code of a user's own draws from: Python's, NumPy's and torch's, which are the whole process's."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def seed_generators(seed: int) -> None:
    """Begin all of them again; torch's is that of the CPU, and is left out where torch is not loaded."""
    random.seed(seed)
    np.random.seed(seed & 0xFFFFFFFF)
    if torch := _torch():
        torch.default_generator.manual_seed(seed)


def generator_states() -> tuple[Any, ...]:
    """What changes when somebody draws from one of them; to be compared."""
    state: Any = np.random.get_state()
    torch = _torch()
    return (random.getstate(), state[1].tobytes(), *state[2:],
            torch.get_rng_state().numpy().tobytes() if torch else b"")


@contextmanager
def isolated_generators() -> Iterator[None]:
    """Draws within the block leave the process's generators as they were.

    torch computes on one thread meanwhile, as in a worker process of its DataLoader: a row has the same bits in both.
    """
    states, torch = (random.getstate(), np.random.get_state()), _torch()
    torch_state, threads = (torch.get_rng_state(), torch.get_num_threads()) if torch else (None, 1)
    if torch and threads > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        if torch:
            torch.set_rng_state(torch_state)
            if threads > 1:
                torch.set_num_threads(threads)


def _torch() -> Any:
    return sys.modules.get("torch")
