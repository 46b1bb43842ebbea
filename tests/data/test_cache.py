"""Decoding happens once, and never from a file that has changed."""

from __future__ import annotations

import os

import numpy as np
import pytest

from dlrun.data import cache
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
    monkeypatch.setattr(cache, "LARGE", 1)
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
