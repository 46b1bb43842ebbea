"""Rows of a torch Dataset that are drawn as they are read: a function of (seed, pass, row), in any order or process."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset, TensorDataset

from dlrun.config.problem import ConfigError
from dlrun.config.seeds import derive_seed
from dlrun.data import reading_processes, streamed_rows
from dlrun.data.batches import Batches, Rows
from dlrun.data.generators import generator_states
from dlrun.data.prepare import prepare
from dlrun.data.sets import memory
from dlrun.data.sets.memory import Memory, hold
from dlrun.data.streamed_rows import StreamedRows

CPU = torch.device("cpu")


class Noisy(Dataset):
    """Draws from all three generators; targets 0 and 1."""

    def __init__(self, count: int = 40, turned: bool = False):
        self.count, self.turned = count, turned

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, place: int):
        x = np.float32([place, random.random(), np.random.rand(), torch.rand(1).item()])
        return x, random.randrange(2) if self.turned else place % 2


class Sometimes(Noisy):
    """Only one row draws, and seldom is it among those that are probed."""

    def __getitem__(self, place: int):
        return np.float32([place, random.random() if place == 7 else 0.5]), place % 2


def prepared_of(data, **options):
    given = {key: options.pop(key) for key in ("test_rows", "validation_rows") if key in options}
    content = hold(data, test=given.get("test_rows"), validation=given.get("validation_rows"))
    cfg = Memory(content=content, scale=options.pop("scale", "none"), **{"test": 0.25, **options})
    return prepare(cfg, "", validation=None, train_size=None, seed=0, say=lambda line: None)


def batches_of(prepared, seed: int = 3, size: int = 7) -> Batches:
    return Batches(StreamedRows(prepared.train, prepared.scale, CPU, False, seed), size, seed)


def expected_row(seed: int, number_of_pass: int, place: int) -> list[float]:
    """As a plain loop over the rows would draw it."""
    start = derive_seed(seed, "rows", number_of_pass, place)
    torch_draws = torch.Generator().manual_seed(start)
    return [place, random.Random(start).random(), np.random.RandomState(start % 2**32).rand(),
            torch.rand(1, generator=torch_draws).item()]


def test_a_row_of_a_batch_is_that_of_its_seed_pass_and_number() -> None:
    prepared = prepared_of(Noisy())
    batches = batches_of(prepared)
    for step in (0, 3, 4, 9):
        [(x, y)] = batches.steps(step, step + 1)
        for row, target in zip(x.tolist(), y.tolist()):
            assert row == pytest.approx(expected_row(3, step // 5, int(row[0])), rel=1e-6)
            assert target == int(row[0]) % 2


def test_each_pass_and_each_seed_has_rows_of_its_own_and_the_global_generators_stay_as_they_were() -> None:
    prepared = prepared_of(Noisy())
    before = generator_states()
    one, again = ([x for x, _ in batches_of(prepared).steps(0, 10)] for _ in range(2))
    other = [x for x, _ in batches_of(prepared, seed=4).steps(0, 10)]
    assert generator_states() == before
    assert all(torch.equal(a, b) for a, b in zip(one, again))

    def by_place(batches) -> dict[int, list[float]]:
        return {int(row[0]): row[1:] for row in torch.cat(batches).tolist()}

    first, second, third = by_place(one[:5]), by_place(one[5:]), by_place(other[:5])
    assert first.keys() == second.keys() == third.keys() and len(first) == 30
    assert all(first[place] != second[place] != third[place] for place in first)


def test_measured_rows_are_the_same_each_time_and_no_row_of_a_part_depends_on_another() -> None:
    prepared = prepared_of(Noisy())
    assert np.array_equal(prepared.test.x, prepared_of(Noisy()).test.x)
    for part in (prepared.train, prepared.test):
        for row in part.x:
            start = derive_seed(0, "rows", int(row[0]))
            assert row[1] == pytest.approx(random.Random(start).random(), rel=1e-6)
    fewer = prepared_of(Noisy(), test=0.5)
    rows = {int(row[0]): row.tolist() for row in prepared.train.x}
    assert all(rows.get(int(row[0]), row.tolist()) == row.tolist() for row in fewer.train.x)


def test_data_that_is_drawn_is_found_so_by_its_draws_and_other_data_is_held_as_before() -> None:
    assert prepared_of(Noisy()).train.stream.reader.drawn
    assert prepared_of(Sometimes()).train.stream.reader.drawn
    x = torch.arange(60.0).view(20, 3)
    fixed = prepared_of(TensorDataset(x, torch.arange(20) % 2))
    assert fixed.train.stream is None
    assert hold(TensorDataset(x, torch.arange(20) % 2)) == hold((x, torch.arange(20) % 2))


def test_rows_that_cannot_be_seeded_are_refused() -> None:
    class Own(Noisy):
        def __getitem__(self, place: int):
            return np.float32([place, np.random.default_rng().random()]), place % 2

    with pytest.raises(ConfigError, match="row 0 is another one each time.*which dlrun seeds"):
        hold(Own())


def test_drawn_rows_are_scaled_and_filled_by_what_is_fitted_on_the_held_ones() -> None:
    class Holes(Noisy):
        def __getitem__(self, place: int):
            x, y = super().__getitem__(place)
            return np.where(np.float32([0, 1, 0, 0]) * np.random.rand() > 0.7, np.float32(np.nan), x), y

    prepared = prepared_of(Holes(), scale="standard")
    stream = batches_of(prepared, size=30)
    [(x, _)] = stream.steps(0, 1)
    assert x.isfinite().all() and abs(float(x[:, 0].mean())) < 1e-5 and abs(float(x[:, 0].std(correction=0)) - 1) < 1e-4
    assert int((x[:, 1].abs() < 1e-5).sum()) > 3  # missing: the mean of the held rows, which scales to 0
    held = Rows(prepared.train, prepared.scale, CPU, True).range(0, 30)[0]
    assert abs(float(held.mean())) < 1e-4


def test_drawn_targets_are_encoded_and_scaled_and_one_that_nobody_knows_is_said() -> None:
    turned = prepared_of(Noisy(turned=True))
    draws = [y for _, y in batches_of(turned, size=30).steps(0, 2)]
    assert not torch.equal(draws[0], draws[1]) and set(torch.cat(draws).tolist()) == {0, 1}

    class Number(Noisy):
        def __getitem__(self, place: int):
            x, _ = super().__getitem__(place)
            return x, np.float32(100 + 10 * x[1])

    numbers = prepared_of(Number(), target_scale="standard")
    [(x, y)] = batches_of(numbers, size=30).steps(0, 1)
    target = numbers.targets[0]
    assert torch.allclose(y, (100 + 10 * x[:, 1] - target.offset) * target.factor, atol=1e-4)

    class Growing(Noisy):
        def __getitem__(self, place: int):
            return super().__getitem__(place)[0], random.randrange(1000)

    with pytest.raises(ConfigError, match=r"drew the class \d+; expected one of"):
        list(batches_of(prepared_of(Growing())).steps(0, 5))


def test_another_source_is_other_data_and_no_other_process_is_promised_it() -> None:
    class Other(Noisy):
        """Says something else, and draws the same."""

    assert hold(Noisy()) == hold(Noisy()) != hold(Other())
    assert not memory.is_shared(hold(Noisy())) and memory.is_shared(hold(([[0.0], [1.0]], [0, 1])))


def test_parts_may_be_datasets_of_their_own() -> None:
    fixed = TensorDataset(torch.arange(32.0).view(8, 4), torch.arange(8) % 2)
    prepared = prepared_of(Noisy(), test_rows=fixed)
    assert len(prepared.train) == 40 and len(prepared.test) == 8 and prepared.train.stream and not prepared.test.stream
    prepared = prepared_of({"train": Noisy(), "test": Noisy(6)})
    assert len(prepared.test) == 6
    with pytest.raises(ConfigError, match="expected .x, y. or a Dataset"):
        hold(Noisy(), test=3)


@pytest.mark.skipif(not reading_processes.reading_processes(), reason="no processes can be forked here")
def test_processes_read_the_same_bits(monkeypatch) -> None:
    prepared = prepared_of(Noisy())
    alone = list(batches_of(prepared).steps(2, 9))
    monkeypatch.setattr(streamed_rows, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(streamed_rows, "reading_processes", lambda: 2)
    beside = list(batches_of(prepared).steps(2, 9))
    assert len(alone) == len(beside) == 7
    for (x, y), (x_beside, y_beside) in zip(alone, beside):
        assert torch.equal(x, x_beside) and torch.equal(y, y_beside)
