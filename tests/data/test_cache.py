"""Decoding happens once, and never from a file that has changed."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

from dlrun.data import verified_array
from dlrun.data.array_cache import load_array, store_array
from dlrun.data.formats import table
from dlrun.data.read import read
from dlrun.data.sets.csv import Csv

TEXT = "x,word,kind\n1,u,a\n2,v,b\n,u,a\n4,v,\n5,v,b\n"


@pytest.fixture
def cfg(tmp_path):
    (tmp_path / "t.csv").write_text(TEXT)
    return Csv(path=str(tmp_path / "t.csv"), target="kind")


def test_the_second_start_gives_the_same_without_decoding(cfg, monkeypatch):
    lines = [], []
    first = read(cfg, "", lines[0].append)
    monkeypatch.setattr(table, "parse", None)
    second = read(cfg, "", lines[1].append)
    for name in ("x", "y"):
        assert np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True)
        assert getattr(first, name).dtype == getattr(second, name).dtype
    for name in ("data_spec", "columns", "label", "files", "notes", "content", "levels", "grouped", "x_test"):
        assert getattr(first, name) == getattr(second, name)
    assert lines[0] == lines[1] != []


def test_a_changed_file_is_decoded_again_and_the_old_entry_removed(cfg, cache_folder):
    old = read(cfg, "", lambda line: None)
    with open(cfg.path, "a") as file:
        file.write("6,u,a\n")
    new = read(cfg, "", lambda line: None)
    assert (len(old.x), len(new.x)) == (4, 5) and old.content != new.content and old.files != new.files
    assert len(list((cache_folder / "decoded").iterdir())) == 1


def test_a_change_that_keeps_the_size_is_seen(cfg):
    stat = os.stat(cfg.path)
    read(cfg, "", lambda line: None)
    with open(cfg.path, "w") as file:
        file.write(TEXT.replace("5", "7"))
    os.utime(cfg.path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert read(cfg, "", lambda line: None).x[-1, 0] == 7


def test_other_settings_are_another_entry(cfg):
    other = Csv(path=cfg.path, target="word")
    assert read(cfg, "", print).data_spec != read(other, "", print).data_spec
    assert read(cfg, "", print).data_spec.classes == ("a", "b")


def test_large_arrays_are_mapped_and_equal(cfg, monkeypatch):
    first = read(cfg, "", lambda line: None)
    monkeypatch.setattr(verified_array, "LARGE", 1)
    second = read(cfg, "", lambda line: None)
    assert isinstance(second.x, np.memmap) and np.array_equal(first.x, second.x, equal_nan=True)


def test_a_half_written_entry_counts_as_none(cfg, cache_folder):
    read(cfg, "", lambda line: None)
    (entry,) = (cache_folder / "decoded").iterdir()
    whole = (entry / "x.npy").read_bytes()
    for damage in (lambda: (entry / "x.npy").unlink(), lambda: (entry / "x.npy").write_bytes(whole[:-8]),
                   lambda: (entry / "about.json").write_text("{")):
        damage()
        assert len(read(cfg, "", lambda line: None).x) == 4
        assert (entry / "x.npy").read_bytes() == whole


def test_without_a_writable_cache_reading_goes_on_and_says_so(cfg, tmp_path, monkeypatch, said):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "file"))
    assert len(read(cfg, "", said.append).x) == 4
    assert any("can't be written" in line for line in said)


def entry_of(cache_folder: Path) -> Path:
    (entry,) = (cache_folder / "decoded").iterdir()
    return entry


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def test_no_flipped_bit_of_an_entry_is_read_and_the_entry_is_named(cfg, cache_folder):
    whole = read(cfg, "", lambda line: None)
    entry = entry_of(cache_folder)
    for file in sorted(entry.iterdir()):
        data = file.read_bytes()
        for bit in random.Random(1).sample(range(8 * len(data)), 60):
            flip(file, bit)
            lines: list[str] = []
            found = read(cfg, "", lines.append)
            same = all(np.array_equal(getattr(found, name), getattr(whole, name), equal_nan=True) for name in "xy")
            assert same and found.data_spec == whole.data_spec and found.files == whole.files
            assert any(str(entry) in line and "decoded again" in line for line in lines), (file.name, bit)
            assert file.read_bytes() == data, "the entry is whole again"


@pytest.mark.parametrize("name", ["x.npy", "y.npy", "about.json"])
def test_a_file_of_an_entry_that_is_cut_is_not_read(cfg, cache_folder, name):
    whole = read(cfg, "", lambda line: None)
    file = entry_of(cache_folder) / name
    data = file.read_bytes()
    for size in range(0, len(data), 7):
        file.write_bytes(data[:size])
        assert np.array_equal(read(cfg, "", lambda line: None).x, whole.x, equal_nan=True)
        assert file.read_bytes() == data


def test_a_damaged_mapped_array_is_found_beside_what_is_built_on_it_which_is_built_again(cfg, cache_folder, said,
                                                                                         monkeypatch):
    whole = read(cfg, "", lambda line: None)
    entry = entry_of(cache_folder)
    monkeypatch.setattr(verified_array, "LARGE", 1)
    flip(entry / "x.npy", 8 * (entry / "x.npy").stat().st_size - 3)
    made = []

    def make():
        made.append(np.array(read(cfg, "", lambda line: None).x))
        return made[-1]

    found = verified_array.verified(make, said.append)
    assert len(made) == 2 and not np.array_equal(made[0], whole.x, equal_nan=True)
    assert np.array_equal(found, whole.x, equal_nan=True)
    assert str(entry / "x.npy") in said[0] and "decoded again" in said[0]
    assert verified_array.verified(make, said.append) is made[-1] and len(made) == 3 and len(said) == 1


def test_a_mapped_array_that_nobody_verifies_later_is_verified_before_it_is_read(cfg, cache_folder, said, monkeypatch):
    """`dlrun evaluate`, `predict` and `baselines` read data sets outside of `verified`."""
    whole = read(cfg, "", lambda line: None)
    entry = entry_of(cache_folder)
    monkeypatch.setattr(verified_array, "LARGE", 1)
    flip(entry / "x.npy", 8 * (entry / "x.npy").stat().st_size - 3)
    assert np.array_equal(read(cfg, "", said.append).x, whole.x, equal_nan=True)
    assert str(entry / "x.npy") in said[0] and "decoded again" in said[0]


def test_damaged_numbers_of_classes_are_never_seen(cfg, cache_folder, said, monkeypatch):
    """Work that counts up to the largest of them would ask for gigabytes before they are verified beside it."""
    whole = read(cfg, "", lambda line: None)
    entry = entry_of(cache_folder)
    monkeypatch.setattr(verified_array, "LARGE", 1)
    flip(entry / "y.npy", 8 * (entry / "y.npy").stat().st_size - 3)
    seen = []
    verified_array.verified(lambda: seen.append(np.array(read(cfg, "", said.append).y)), said.append)
    assert len(seen) == 1 and np.array_equal(seen[0], whole.y) and "y.npy is damaged" in said[0]


def test_what_fails_on_a_damaged_array_is_made_again(cfg, cache_folder, said, monkeypatch):
    whole = read(cfg, "", lambda line: None)
    entry = entry_of(cache_folder)
    monkeypatch.setattr(verified_array, "LARGE", 1)
    flip(entry / "x.npy", 8 * (entry / "x.npy").stat().st_size - 3)

    def make():
        x = np.array(read(cfg, "", lambda line: None).x)
        if not np.array_equal(x, whole.x, equal_nan=True):
            raise IndexError(x)
        return x

    assert np.array_equal(verified_array.verified(make, said.append), whole.x, equal_nan=True)
    assert "x.npy is damaged" in said[0]
    with pytest.raises(ZeroDivisionError):
        verified_array.verified(lambda: len(read(cfg, "", lambda line: None).x) / 0, said.append)


def test_an_entry_of_an_older_dlrun_is_decoded_again(cfg, cache_folder):
    whole = read(cfg, "", lambda line: None)
    about = entry_of(cache_folder) / "about.json"
    older = {key: value for key, value in json.loads(about.read_text()).items() if key not in ("checksums", "crc32c")}
    about.write_text(json.dumps(older))
    assert np.array_equal(read(cfg, "", lambda line: None).x, whole.x, equal_nan=True)
    assert "checksums" in json.loads(about.read_text())


@pytest.mark.faults
def test_no_bit_of_an_entry_at_all(cfg, cache_folder):
    whole = read(cfg, "", lambda line: None)
    for file in sorted(entry_of(cache_folder).iterdir()):
        for bit in range(8 * file.stat().st_size):
            flip(file, bit)
            found = read(cfg, "", lambda line: None)
            assert all(np.array_equal(getattr(found, name), getattr(whole, name), equal_nan=True) for name in "xy")
            assert found.data_spec == whole.data_spec, (file.name, bit)


def test_no_flipped_bit_of_a_kept_array_is_read(cache_folder):
    kept = np.arange(40, dtype=np.int64)
    store_array("targets-x", kept)
    [file] = cache_folder.rglob("targets-x-*.npy")
    whole = file.read_bytes()
    assert np.array_equal(load_array("targets-x"), kept) and load_array("targets") is None
    for bit in random.Random(0).sample(range(8 * len(whole)), 200):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        assert load_array("targets-x") is None, bit
    file.write_bytes(whole[:-1])
    assert load_array("targets-x") is None
    store_array("targets-x", kept)  # made again, it is written over the damaged one
    assert np.array_equal(load_array("targets-x"), kept)
