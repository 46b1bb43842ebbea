"""CRC-32C of a TFRecord frame, masked as TensorFlow masks it; of long data in parallel by numpy.

TensorBoard's own takes 0.13 µs a byte: for the pictures of a run a third of the time that drawing them takes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, reflected
_LANES = 128
_SHORT = 4096  # bytes up to which TensorBoard's loop is as fast


def masked_crc32c(data: bytes) -> int:
    """The masked CRC-32C of `data`, as tensorboard's function of that name gives it."""
    if len(data) <= _SHORT:
        from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c as short

        return int(short(data))
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """The CRC-32C of at least four bytes.

    A CRC without its initial value is linear: that of a text is the sum (xor) of its pieces', each moved on by the
    length of what follows.  The pieces go side by side, and with them the 32 unit vectors through as many zero bytes:
    they become the columns of that moving.
    """
    import numpy as np

    head = bytes(byte ^ 0xFF for byte in data[:4])  # the initial value
    size = -(-len(data) // _LANES)
    padded = np.zeros(_LANES * size, np.uint8)  # zeros before a text change nothing
    padded[len(padded) - len(data):] = np.frombuffer(head + data[4:], np.uint8)
    pieces = np.zeros((size, _LANES + 32), np.uint32)
    pieces[:, :_LANES] = padded.reshape(_LANES, size).T
    state = np.zeros(_LANES + 32, np.uint32)
    state[_LANES:] = 1 << np.arange(32, dtype=np.uint32)
    table = _table()
    for piece in pieces:
        state = table[(state ^ piece) & 0xFF] ^ (state >> 8)
    columns, total = state[_LANES:], 0
    for crc in state[:_LANES].tolist():
        moved = columns[[bit for bit in range(32) if total >> bit & 1]]
        total = int(np.bitwise_xor.reduce(moved, initial=0)) ^ crc
    return total ^ 0xFFFFFFFF


@lru_cache(maxsize=1)
def _table() -> Any:
    import numpy as np

    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> 1) ^ np.where(table & 1, np.uint32(_POLYNOMIAL), np.uint32(0))
    return table
