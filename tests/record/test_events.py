"""The records of event files are framed and checked as TensorBoard's own are."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow as theirs

from dlrun.record.events import encode_record, masked_crc32c, truncate_superseded


@pytest.mark.parametrize("size", [0, 4, 127, 4097, 70_001])
def test_the_checksum_is_tensorboards(size: int) -> None:
    for data in (random.Random(size).randbytes(size), bytes(size), b"\xff" * size):
        assert masked_crc32c(data) == theirs.masked_crc32c(data)


def test_a_record_is_length_checksum_data_checksum() -> None:
    record = encode_record(b"123456789")
    length, of_length = struct.unpack("<QI", record[:12])
    assert length == 9 and of_length == theirs.masked_crc32c(record[:8])
    assert record[12:21] == b"123456789"
    crc = 0xE3069283  # RFC 3720's check value of these digits
    assert struct.unpack("<I", record[21:]) == (((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF,)


def test_a_superseded_file_is_emptied_then_deleted(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"x")
    truncate_superseded(path)
    assert path.read_bytes() == b""
    truncate_superseded(path)
    assert not path.exists()
