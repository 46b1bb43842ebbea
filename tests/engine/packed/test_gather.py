"""Rows of several tables are gathered at once, as each table gives them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dlrun.data.batches import Rows
from dlrun.data.form import Form
from dlrun.data.joined_rows import joined
from dlrun.data.prepared import Split
from dlrun.data.scale import Scale
from dlrun.engine.packed.places import Gather, Places

CPU = torch.device("cpu")


def table(seed: int, count: int, factor: float = 1 / 255, kind: type = np.uint8) -> Rows:
    draw = np.random.default_rng(seed)
    split = Split(draw.integers(0, 255, (count, 3)).astype(kind), draw.integers(0, 9, count), form=Form())
    return Rows(split, Scale(np.zeros(1), np.full(1, factor)), CPU, resident=True)


def places(rows: Rows, *index: int) -> Places:
    where = torch.tensor(index)
    return Places(where, where, len(where), rows)


@pytest.mark.parametrize("other", [table(1, 7), table(1, 7, factor=0.5), table(1, 7, kind=np.float32)])
def test_each_slot_gets_the_rows_of_its_own_table(other: Rows) -> None:
    first = table(0, 5)
    assert (joined([first, other]) is not None) == (other.x.dtype == torch.uint8 and float(other._factor) < 0.5)
    gather = Gather(4)
    for due in ({0: places(first, 4, 0)},  # the only table as yet
                {0: places(first, 4, 0), 1: places(other, 6, 6), 3: places(first, 1, 2)},
                {2: places(other, 0, 5), 3: places(first, 2, 3)}):
        x, y = gather(due)
        for slot in range(4):
            batch = due.get(slot, next(iter(due.values())))
            assert batch.source is not None
            expected = batch.source.take(batch.x)
            assert torch.equal(x[slot], expected[0]) and torch.equal(y[slot], expected[1])
            assert x.dtype == torch.float32


def test_a_block_is_taken_in_parts() -> None:
    rows = table(0, 9)
    where = torch.tensor([4, 0, 2, 2, 8, 7])
    block = Places(where, where, 6, rows, steps=3)
    assert block.first(3) is block
    first, rest = block.first(1), block.rest(1)
    assert (first.x.tolist(), first.rows, first.steps) == ([4, 0], 2, 1)
    assert (rest.x.tolist(), rest.rows, rest.steps) == ([2, 2, 8, 7], 4, 2)
    assert rest.first(1).y.tolist() == [2, 2] and rest.rest(1).source is rows
