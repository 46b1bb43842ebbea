"""What stored rows become on the device: against NumPy, resident and streamed alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dlrun.data.batches import Batches, Rows, in_order
from dlrun.data.form import Form, Windows
from dlrun.data.prepared import Split
from dlrun.data.scale import NONE, Scale

torch.set_num_threads(1)
CPU = torch.device("cpu")
RNG = np.random.default_rng(0)
both = pytest.mark.parametrize("resident", [True, False])


def _rows(split, resident, scale=NONE):
    rows = Rows(split, scale, CPU, resident)
    index = torch.tensor([3, 0, 3, 2])
    taken, ranged = rows.take(index), rows.range(0, rows.count)
    assert torch.equal(taken[0], ranged[0][index]) and torch.equal(taken[1], ranged[1][index])
    splits = list(in_order(rows, 3))
    assert torch.equal(torch.cat([x for x, _ in splits]), ranged[0])
    return ranged


@both
def test_tokens_are_int64_ids(resident):
    x = RNG.integers(0, 300, (5, 7)).astype(np.int16)
    got, y = _rows(Split(x, np.arange(5), form=Form("tokens")), resident)
    assert got.dtype == torch.int64 and np.array_equal(got.numpy(), x) and y.tolist() == [0, 1, 2, 3, 4]


@both
def test_a_bag_has_1_for_each_id_that_occurs(resident):
    x = np.array([[0, 2, 5, 5], [1, 5, 5, 5], [5, 5, 5, 5], [0, 1, 2, 3], [4, 4, 4, 4]], np.int16)  # 5 fills up
    got, _ = _rows(Split(x, np.arange(5), form=Form("multi_hot", 5)), resident)
    wanted = np.zeros((5, 6), np.float32)
    for row, ids in enumerate(x):
        wanted[row, ids] = 1
    assert got.dtype == torch.float32 and np.array_equal(got.numpy(), wanted[:, :5])


@both
def test_windows_over_a_series_are_those_of_a_loop(resident):
    series = RNG.normal(size=(60, 3)).astype(np.float32)
    scale = Scale(series.mean(0), 1 / series.std(0))
    windows = Windows(length=4, step=3, ahead=14, stride=2)
    begins = np.arange(windows.count(60)) * 2
    y = series[begins + 14, 1]
    got, told = _rows(Split(series, y, begins, Form(windows=windows)), resident, scale)
    assert len(begins) == len([start for start in range(0, 60, 2) if start + 14 < 60])
    for row, start in enumerate(begins):
        wanted = (series[[start, start + 3, start + 6, start + 9]] - scale.offset) * scale.factor
        assert np.allclose(got[row].numpy(), wanted.T, atol=1e-6)  # (features, length)
        assert told[row] == series[start + 14, 1]


@both
def test_windows_of_text_are_ids_or_one_hot_and_the_next_ones(resident):
    text = RNG.integers(0, 6, 40).astype(np.int16)
    windows = Windows(length=5, step=1, ahead=5, stride=3)
    begins = np.arange(windows.count(40)) * 3
    ids = np.stack([text[start : start + 5] for start in begins])
    x, y = _rows(Split(text, text[begins + 5], begins, Form("tokens", windows=windows)), resident)
    assert np.array_equal(x.numpy(), ids) and y.dtype == torch.int64 and np.array_equal(y.numpy(), text[begins + 5])
    x, y = _rows(Split(text, None, begins, Form("tokens", windows=windows, next_tokens=True)), resident)
    assert np.array_equal(y.numpy(), np.stack([text[start + 1 : start + 6] for start in begins]))
    x, _ = _rows(Split(text, text[begins + 5], begins, Form("one_hot", 6, windows)), resident)
    assert np.array_equal(x.numpy(), np.eye(6, dtype=np.float32)[ids].transpose(0, 2, 1))


@both
def test_labels_are_floats_and_no_targets_are_none(resident):
    y = RNG.integers(0, 2, (5, 4)).astype(np.uint8)
    _, got = _rows(Split(np.zeros((5, 2), np.float32), y), resident)
    assert got.dtype == torch.float32 and np.array_equal(got.numpy(), y)
    _, got = _rows(Split(np.zeros((5, 2), np.float32), None), resident)
    assert got.shape == (5, 0)


def test_batches_of_windows_are_equal_resident_and_streamed():
    text = RNG.integers(0, 6, 100).astype(np.int16)
    windows = Windows(length=5, step=1, ahead=5, stride=1)
    split = Split(text, None, np.arange(windows.count(100)), Form("one_hot", 6, windows, next_tokens=True))
    here, there = (list(Batches(Rows(split, NONE, CPU, resident), 16, 7).steps(2, 9)) for resident in (True, False))
    assert len(here) == 7
    for (x, y), (x_streamed, y_streamed) in zip(here, there):
        assert torch.equal(x, x_streamed) and torch.equal(y, y_streamed)


@both
def test_batches_in_stored_order_and_of_one_size(resident):
    rows = Rows(Split(np.arange(10.0, dtype=np.float32)[:, None], np.arange(10)), NONE, CPU, resident)
    batches = Batches(rows, 4, 0, shuffle=False)
    assert [y.tolist() for _, y in batches.steps(0, 4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [0, 1, 2, 3]]
    batches = Batches(rows, 4, 0, shuffle=False, whole=True)
    assert batches.steps_in_pass == 2
    assert [y.tolist() for _, y in batches.steps(1, 4)] == [[4, 5, 6, 7], [0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("form", [Form("multi_hot", 5), Form("tokens"), Form("one_hot", 6)])
def test_a_form_does_not_wait_for_the_device(form):
    x = RNG.integers(0, 6, (8, 3)).astype(np.int16)
    rows = Rows(Split(x, np.arange(8), form=form), NONE, torch.device("cuda"), True)
    index = torch.arange(4, device="cuda")
    rows.take(index)
    torch.cuda.set_sync_debug_mode("error")
    try:
        got, _ = rows.take(index)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.equal(got.cpu(), Rows(Split(x, np.arange(8), form=form), NONE, CPU, True).take(torch.arange(4))[0])
