"""Randomness as a function: a stream's seed is a hash of the run's seed and of names and counters.

Nothing is replayed and nothing has to be stored: the order of epoch 7 follows from ``derive_seed(seed, "order", 7)``,
whether the run is at its first start, resumed, alone or one of a sweep.
"""

from __future__ import annotations

from hashlib import blake2b


def derive_seed(seed: int, *names: str | int) -> int:
    """A 63-bit integer from the run's seed and the names of the stream; equal on every machine."""
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> 1
