"""Batches are a function of the step: their order, their values, their augmentation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dlrun.config.seeds import derive_seed
from dlrun.data.batches import Batches, Rows, in_order, permutation
from dlrun.data.prepare import Split
from dlrun.data.scale import Scale

CPU = torch.device("cpu")
PLAIN = Scale(np.float32(0), np.float32(1))


def rows(count: int = 10, resident: bool = True) -> Rows:
    """Row i holds the value i and the target i."""
    return Rows(Split(np.arange(count, dtype=np.float32)[:, None], np.arange(count)), PLAIN, CPU, resident)


def numbers(batches: Batches, start: int, stop: int) -> list[list[int]]:
    got = []
    for x, y in batches.steps(start, stop):
        assert x[:, 0].tolist() == y.tolist(), "inputs and targets stay together"
        got.append(y.tolist())
    return got


def test_a_pass_is_a_permutation_drawn_from_seed_order_and_pass() -> None:
    by_hand = torch.randperm(10, generator=torch.Generator().manual_seed(derive_seed(3, "order", 2))).tolist()
    assert permutation(10, 3, 2).tolist() == by_hand
    assert sorted(by_hand) == list(range(10))
    different = {tuple(permutation(10, seed, number).tolist()) for seed in range(4) for number in range(4)}
    assert len(different) == 16


@pytest.mark.parametrize("resident", [True, False])
def test_every_row_comes_once_a_pass_and_the_last_batch_is_smaller(resident: bool) -> None:
    batches = Batches(rows(10, resident), 4, seed=3)
    assert batches.steps_in_pass == 3
    got = numbers(batches, 0, 6)
    assert [len(batch) for batch in got] == [4, 4, 2, 4, 4, 2]
    for number in range(2):
        assert sum(got[3 * number:3 * number + 3], []) == permutation(10, 3, number).tolist()


@pytest.mark.parametrize("resident", [True, False])
def test_a_batch_does_not_depend_on_where_the_run_began(resident: bool) -> None:
    whole = numbers(Batches(rows(10, resident), 4, seed=1), 0, 12)
    for start in range(12):
        assert numbers(Batches(rows(10, resident), 4, seed=1), start, 12) == whole[start:]
    again = Batches(rows(10, resident), 4, seed=1)
    assert numbers(again, 7, 8) + numbers(again, 2, 3) + numbers(again, 7, 8) == [whole[7], whole[2], whole[7]]
    assert numbers(again, 5, 5) == []


def test_an_iteration_that_is_left_in_the_middle_does_no_harm() -> None:
    batches = Batches(rows(10, resident=False), 4, seed=1)
    whole = numbers(Batches(rows(10), 4, seed=1), 0, 6)
    left = batches.steps(0, 6)
    next(left)
    left.close()
    assert numbers(batches, 1, 6) == whole[1:]


def test_a_batch_size_beyond_the_rows_is_one_batch_a_pass() -> None:
    assert [sorted(batch) for batch in numbers(Batches(rows(3), 128, seed=0), 0, 2)] == [[0, 1, 2]] * 2


IMAGES = np.random.default_rng(0).integers(0, 256, (7, 3, 4, 5)).astype(np.uint8)
TABLE = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32)
PER_CHANNEL = (np.array([100.5, 90.25, 0], np.float32), np.array([1 / 60, 1 / 50, 0.5], np.float32))
CASES = {
    "pictures in [0, 1]": (IMAGES, np.float32(0), np.float32(1 / 255), lambda v: v),
    "pictures in [-1, 1]": (IMAGES, np.float32(127.5), np.float32(1 / 127.5), lambda v: v),
    "pictures by channel": (IMAGES, *PER_CHANNEL, lambda v: v[:, None, None]),
    "pictures by channel, shaped": (IMAGES, *(v[:, None, None] for v in PER_CHANNEL), lambda v: v),
    "pictures as they are": (IMAGES, np.float32(0), np.float32(1), lambda v: v),
    "table": (TABLE, np.arange(5, dtype=np.float32), np.linspace(0.1, 3, 5).astype(np.float32), lambda v: v),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("channels_last", [True, False])
def test_values_are_what_numpy_makes_of_them(name: str, resident: bool, channels_last: bool) -> None:
    stored, offset, factor, shaped = CASES[name]
    wanted = (stored.astype(np.float32) - shaped(offset)) * shaped(factor)
    targets = np.arange(7)
    data = Rows(Split(stored, targets), Scale(offset, factor), CPU, resident, channels_last)
    index = torch.tensor([4, 0, 6])
    x, y = data.take(index)
    assert x.dtype == torch.float32 and np.array_equal(x.numpy(), wanted[[4, 0, 6]]) and y.tolist() == [4, 0, 6]
    x, y = data.range(2, 5)
    assert np.array_equal(x.numpy(), wanted[2:5]) and y.tolist() == [2, 3, 4]
    if stored.ndim == 4:
        assert x.is_contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
    assert np.array_equal(torch.cat([x for x, _ in in_order(data, 3)]).numpy(), wanted)
    assert data.host_bytes == stored.nbytes + targets.nbytes
    if resident and stored.dtype == np.uint8:
        assert data.x.dtype == torch.uint8, "pictures stay bytes where they lie"


def test_the_stored_arrays_are_not_touched() -> None:
    table = TABLE.copy()
    table.flags.writeable = False  # as a memory-mapped file is
    data = Rows(Split(table, np.arange(7)), Scale(np.float32(1), np.float32(2)), CPU, resident=True)
    data.range(0, 7)[0].zero_()
    assert np.array_equal(table, TABLE)


@pytest.mark.parametrize("resident", [True, False])
def test_augmentation_draws_from_the_step_alone(resident: bool) -> None:
    def augment(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        return torch.rand(len(x), 1, generator=generator)

    def draws(start: int, stop: int) -> list[list[float]]:
        made = Batches(rows(10, resident), 4, seed=5, augment=augment)
        return [x[:, 0].tolist() for x, _ in made.steps(start, stop)]

    whole = draws(0, 7)
    for step, got in enumerate(whole):
        generator = torch.Generator().manual_seed(derive_seed(5, "augment", step))
        assert got == torch.rand(len(got), generator=generator).tolist()
        assert draws(step, step + 1) == [got]
    assert len({tuple(batch[:2]) for batch in whole}) == 7
