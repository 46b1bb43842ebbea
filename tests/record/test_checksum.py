"""The checksum of event files equals TensorBoard's own, for every length of its pieces."""

from __future__ import annotations

import random

import pytest
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow as theirs

from dlrun.record.checksum import crc32c, masked_crc32c


def test_the_known_value() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # RFC 3720's check value


@pytest.mark.parametrize("size", [4, 127, 128, 129, 4095, 4096, 4097, 4224, 70_001])
def test_it_is_tensorboards(size: int) -> None:
    for data in (random.Random(size).randbytes(size), bytes(size), b"\xff" * size):
        assert crc32c(data) == theirs.crc32c(data)
        assert masked_crc32c(data) == theirs.masked_crc32c(data)
