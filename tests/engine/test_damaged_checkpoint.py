"""A checkpoint that was changed after it was written is never read: by no bit, by no length that it was cut to."""

from __future__ import annotations

import random
import zipfile
from collections import OrderedDict, deque
from pathlib import Path

import numpy as np
import pytest
import torch

from dlrun.engine import checkpoint
from dlrun.record.stored import Damaged

CONTENT = {"id": "anid", "epoch": 3, "weights": torch.arange(24.0).reshape(4, 6), "rows": '{"epoch": 1}\n'}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "last.pt"
    checkpoint.save(path, CONTENT)
    return path.read_bytes()


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def refused(path: Path, data: bytes) -> bool:
    path.write_bytes(data)
    try:
        checkpoint.read(path)
    except Damaged as damaged:
        assert damaged.problems[0].given == str(path) and "force=true" in damaged.problems[0].expected
        return True
    return False


def test_what_torch_will_not_unpickle_is_said_without_its_colours(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "last.pt", {"seen": deque([1])})
    with pytest.raises(Damaged) as refused:
        checkpoint.read(tmp_path / "last.pt")
    assert "it is not a checkpoint of dlrun's: Weights only load failed" in refused.value.wrong
    assert refused.value.wrong.isprintable()


@pytest.mark.parametrize("value", [
    {"a": [1, 2.5, None, True, b"x", ("y",)], 3: {"b": torch.ones(2)}}, OrderedDict(weight=torch.ones(2)),
    {"of": {1, 2}, "c": 1j, "size": torch.Size([1]), "parameter": torch.nn.Parameter(torch.ones(1))},
    {"seen": deque([1])}, {"a": [{"b": np.float64(1)}]}, {np.int64(1): 1}, {"array": np.ones(2)}, {"f": print},
], ids=["plain", "weights", "torch's", "deque", "inside", "key", "array", "function"])
def test_what_cannot_be_read_back_is_known_before_it_is_written(tmp_path: Path, value: dict) -> None:
    checkpoint.save(tmp_path / "last.pt", value)
    try:
        checkpoint.read(tmp_path / "last.pt")
    except Damaged:
        assert checkpoint.unreadable(value)
    else:
        assert not checkpoint.unreadable(value)


def test_it_is_a_zip_archive_that_torch_and_python_read(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "last.pt"
    path.write_bytes(whole)
    assert torch.equal(torch.load(path, weights_only=True)["weights"], CONTENT["weights"])
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None and archive.comment.startswith(b"dlrun checkpoint crc32c ")
    assert checkpoint.verify(path)


def test_the_checksum_is_that_of_another_implementation(whole: bytes) -> None:
    """CRC32C bit by bit, of all bytes before the comment, whose length counts as 0."""
    crc = 0xFFFFFFFF
    for byte in whole[:-35] + b"\0\0":
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    assert whole[-9:] == f"{crc ^ 0xFFFFFFFF:08x}\n".encode()


def test_no_flipped_bit_is_read(tmp_path: Path, whole: bytes) -> None:
    bits = 8 * len(whole)
    chosen = {*random.Random(1).sample(range(bits), 400), *range(bits - 8 * 60, bits)}
    assert [bit for bit in sorted(chosen) if not refused(tmp_path / "last.pt", flipped(whole, bit))] == []


def test_no_length_that_it_was_cut_to_is_read(tmp_path: Path, whole: bytes) -> None:
    lengths = {*random.Random(2).sample(range(len(whole)), 100), *range(len(whole) - 60, len(whole)), 0, 1, 21, 22, 23}
    assert [at for at in sorted(lengths) if not refused(tmp_path / "last.pt", whole[:at])] == []


@pytest.mark.faults
def test_no_bit_and_no_length_at_all(tmp_path: Path, whole: bytes) -> None:
    assert [bit for bit in range(8 * len(whole)) if not refused(tmp_path / "last.pt", flipped(whole, bit))] == []
    assert [at for at in range(len(whole)) if not refused(tmp_path / "last.pt", whole[:at])] == []


def test_other_damages_are_not_read(tmp_path: Path, whole: bytes) -> None:
    path, middle = tmp_path / "last.pt", len(whole) // 2
    for data in (whole + b"\0", whole + whole, b"\0" * len(whole), whole[:middle] + bytes(512) + whole[middle + 512:],
                 whole[:middle] + whole[middle + 1:], b"text\n"):
        assert refused(path, data)
    path.unlink()
    path.mkdir()
    with pytest.raises(Damaged):
        checkpoint.read(path)


def test_a_file_of_an_older_dlrun_is_read_and_known_as_unverified(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    torch.save(CONTENT, path)
    assert not checkpoint.verify(path)
    assert checkpoint.read(path)["epoch"] == 3
    data = path.read_bytes()
    place = data.index(CONTENT["weights"].numpy().tobytes())
    for bit in range(8 * place, 8 * (place + 96), 5):  # the weights: torch reads all of these without a word
        assert refused(path, flipped(data, bit))
    lengths = random.Random(3).sample(range(len(data)), 100)
    assert all(refused(path, data[:at]) for at in lengths)


def test_the_file_before_is_kept_and_one_is_there_at_every_moment(tmp_path: Path, monkeypatch) -> None:
    path, before = tmp_path / "last.pt", tmp_path / "previous.pt"
    for number in range(3):
        checkpoint.save(path, {"number": number}, before)
    assert (checkpoint.read(path)["number"], checkpoint.read(before)["number"]) == (2, 1)
    real = checkpoint.os.replace

    class Killed(BaseException):
        pass

    for stop in range(1, 3):  # killed before each of the two renames
        calls = []

        def killed(source, target, stop=stop, calls=calls) -> None:
            calls.append(target)
            if len(calls) == stop:
                raise Killed
            real(source, target)

        monkeypatch.setattr(checkpoint.os, "replace", killed)
        with pytest.raises(Killed):
            checkpoint.save(path, {"number": 3}, before)
        assert checkpoint.read(path)["number"] == 2 and checkpoint.read(before)["number"] in (1, 2)
    monkeypatch.setattr(checkpoint.os, "replace", real)
    checkpoint.save(path, {"number": 3}, before)
    checkpoint.save(path, {"number": 4}, before)
    assert (checkpoint.read(path)["number"], checkpoint.read(before)["number"]) == (4, 3)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["last.pt", "previous.pt"]


def test_without_links_the_file_before_is_kept_too(tmp_path: Path, monkeypatch) -> None:
    def none(*_: object) -> None:
        raise OSError("this file system has no links")

    monkeypatch.setattr(checkpoint.os, "link", none)
    for number in range(3):
        checkpoint.save(tmp_path / "last.pt", {"number": number}, tmp_path / "previous.pt")
    assert checkpoint.read(tmp_path / "previous.pt")["number"] == 1
