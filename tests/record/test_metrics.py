from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.record.metrics import MetricsFile, append, read


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_with_the_same_bits(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("m") / "metrics.jsonl"
    append(path, {"epoch": 1, "train/loss": value})
    assert struct.pack("<d", read(path)[0]["train/loss"]) == struct.pack("<d", value)


def test_a_row_is_on_disk_when_append_returns(tmp_path):
    path = tmp_path / "metrics.jsonl"
    append(path, {"epoch": 1, "step": 375, "val/loss": math.nan})
    append(path, {"epoch": 2, "step": 750, "val/loss": 0.5})
    assert path.read_bytes().splitlines(keepends=True) == [
        b'{"epoch": 1, "step": 375, "val/loss": null}\n', b'{"epoch": 2, "step": 750, "val/loss": 0.5}\n']


def test_a_line_torn_at_any_byte_costs_that_row_only(tmp_path):
    path = tmp_path / "metrics.jsonl"
    rows = [{"epoch": epoch, "step": 10 * epoch, "val/loss": 1 / epoch} for epoch in (1, 2, 3)]
    for row in rows:
        append(path, row)
    content = path.read_bytes()
    third = content.index(b'{"epoch": 3')
    for end in range(third, len(content) + 1):
        path.write_bytes(content[:end])
        whole = rows if end >= len(content) - 1 else rows[:2]
        assert read(path) == whole
        append(path, {"epoch": 4})
        assert read(path) == [*whole, {"epoch": 4}]


def test_a_broken_line_in_the_middle_is_an_error_with_its_number(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"epoch": 1}\n{"epoch": \n{"epoch": 3}\n')
    with pytest.raises(ValueError, match="line 2"):
        read(path)


def test_cutting_back_keeps_the_kept_rows_byte_for_byte(tmp_path):
    path = tmp_path / "metrics.jsonl"
    for epoch in range(1, 6):
        append(path, {"epoch": epoch, "val/loss": 0.1 * epoch, "val/accuracy": None})
    lines = path.read_bytes().splitlines(keepends=True)
    with open(path, "ab") as file:
        file.write(b'{"epoch": 6, "val')
    MetricsFile(path).restore(None, 3)
    assert path.read_bytes() == b"".join(lines[:3])
    MetricsFile(path).restore(None, 0)
    assert path.read_bytes() == b""
    MetricsFile(tmp_path / "none.jsonl").restore(None, 0)
    assert not (tmp_path / "none.jsonl").exists()
    assert read(tmp_path / "none.jsonl") == []
