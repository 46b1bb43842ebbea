"""Data that is not held in memory: the same rows in the same order as if it were, read as steps need them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

from dlrun.data import row_stream
from dlrun.data.batches import Batches, Rows, in_order
from dlrun.data.formats import items
from dlrun.data.prepare import prepare
from dlrun.data.sets.memory import Memory, hold
from dlrun.data.streamed_rows import StreamedRows
from dlrun.data.subsample import subsample

CPU = torch.device("cpu")
RANDOM = np.random.RandomState(0)
PICTURES = RANDOM.randint(0, 256, (50, 6, 5, 3)).astype(np.uint8)
TABLE = RANDOM.randn(50, 4).astype(np.float32)
Y = np.arange(50) % 3


class Kept(Dataset):
    """Rows of arrays, and how often each was read."""

    def __init__(self, x: np.ndarray, y: np.ndarray):
        self.x, self.y, self.reads = x, y, 0

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, place: int):
        self.reads += 1
        return self.x[place], self.y[place]


class Listed(Kept):
    @property
    def targets(self) -> list[int]:
        return self.y.tolist()


@pytest.fixture
def small_memory(monkeypatch) -> None:
    monkeypatch.setattr(row_stream, "HELD_BYTES", 100)


def prepared_of(data, test_rows=None, **options):
    cfg = Memory(content=hold(data, test=test_rows), **{"test": 0.2, **options})
    return prepare(cfg, "", validation=None, train_size=None, seed=0, say=lambda line: None)


def mapped_file(path: Path, array: np.ndarray) -> np.ndarray:
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def rows_of(prepared, part: str):
    split = getattr(prepared, part)
    if split.held:
        return Rows(split, prepared.scale, CPU, resident=True)
    return StreamedRows(split, prepared.scale, CPU, False, 1)


@pytest.mark.parametrize("x", [PICTURES, TABLE, PICTURES[..., 0], TABLE[:, 0]])
@pytest.mark.parametrize("form", ["dataset", "map"])
def test_batches_and_measured_rows_are_those_of_held_data(x, form, tmp_path: Path, monkeypatch) -> None:
    def data():
        return Kept(x, Y) if form == "dataset" else (mapped_file(tmp_path / "x.npy", x), Y)

    held = prepared_of(data())
    monkeypatch.setattr(row_stream, "HELD_BYTES", 100)
    read = prepared_of(data())
    assert not read.train.held and not read.test.held and held.train.held and held.data_spec == read.data_spec
    assert read.train.x.shape == held.train.x.shape and read.train.x.dtype == held.train.x.dtype
    for part in ("train", "test"):
        assert np.array_equal(getattr(read, part).y, getattr(held, part).y)
        for size in (1, 7, 50):
            pairs = zip(in_order(rows_of(held, part), size), in_order(rows_of(read, part), size), strict=True)
            for (a, a_y), (b, b_y) in pairs:
                assert torch.allclose(a, b, atol=1e-6) and a.shape == b.shape and torch.equal(a_y, b_y)
    either = [Batches(rows_of(prepared, "train"), 7, 5).steps(3, 20) for prepared in (held, read)]
    for (a, a_y), (b, b_y) in zip(*either, strict=True):
        assert torch.allclose(a, b, atol=1e-6) and torch.equal(a_y, b_y)


def test_no_row_is_read_before_a_step_needs_it_but_those_that_are_fitted_on(small_memory) -> None:
    listed = Listed(np.repeat(TABLE, 100, 0), np.repeat(Y, 100))
    prepared = prepared_of(listed)
    at_start = listed.reads
    assert at_start < 5000 + items.SAMPLED * 2, "the scale's 4,096 rows, and some for the identity"
    next(iter(Batches(rows_of(prepared, "train"), 10, 1).steps(0, 400)))
    assert listed.reads == at_start + 10


def test_targets_that_no_attribute_has_are_read_once_and_kept(small_memory, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path))
    x = np.repeat(TABLE, 100, 0) + 1
    first, second = Kept(x, np.repeat(Y, 100)), Kept(x, np.repeat(Y, 100))
    assert hold(first) == hold(second)
    assert first.reads > 5000 > 1000 > second.reads

    class Wrong(Listed):
        """Its attribute is of other rows."""

        @property
        def targets(self) -> list[int]:
            return [0] * len(self.x)

    assert np.array_equal(prepared_of(Wrong(TABLE, Y), test=0).train.y, prepared_of((TABLE, Y), test=0).train.y)


def test_a_large_map_takes_no_memory(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(row_stream, "HELD_BYTES", 1 << 20)
    monkeypatch.setattr(row_stream, "SOME_BYTES", 4 << 20)
    array = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", dtype=np.uint8, shape=(4000, 64, 64, 3))
    array[:, 0, 0, 0] = np.arange(4000) % 251
    tracemalloc.start()
    prepared = prepared_of((array, np.arange(4000) % 2), test=0)
    rows = rows_of(prepared, "train")
    for x, _ in Batches(rows, 16, 1).steps(0, 20):
        assert x.shape == (16, 3, 64, 64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    one_batch = 16 * 64 * 64 * 3
    assert peak < 10 * one_batch + 20 * 2**20, "the sample, and the float32 batches that are read ahead"
    [(x, _)] = list(Batches(rows, 16, 1, shuffle=False).steps(5, 6))
    assert (x[:, 0, 0, 0] * 255).round().tolist() == (prepared.train.stream.numbers[80:96] % 251).tolist()


def test_some_test_rows_and_missing_numbers(small_memory) -> None:
    x = TABLE.copy()
    x[::3, 1] = np.nan
    prepared = subsample(prepared_of(Kept(x, Y), scale="standard"), 5)
    assert len(prepared.test) == 5 and len(prepared.test.stream.numbers) == 5
    seen = torch.cat([part for part, _ in in_order(rows_of(prepared, "train"), 9)])
    assert seen.isfinite().all() and int((seen[:, 1].abs() < 1e-6).sum()) >= 10
    whole = prepared_of((x, Y), scale="standard")
    assert torch.allclose(seen, rows_of(whole, "train").range(0, 40)[0], atol=1e-5)
