"""Sizes of splits, said before data is read."""

from __future__ import annotations

from math import floor

import pytest

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.sets.digits import Digits
from dlrun.data.sets.mnist import Mnist
from dlrun.data.split import rows_for, split_rows


@pytest.mark.parametrize("size, rows, wanted", [(0.2, 60000, 12000), (0.25, 10, 3), (1, 5, 1), (1000, 1797, 1000)])
def test_a_part_is_a_fraction_rounded_up_or_a_count(size, rows, wanted):
    assert rows_for(size, rows) == wanted


def test_fractions_are_decimal_where_floats_would_take_one_row_more():
    assert rows_for(0.1, 50) == 5 and rows_for(0.07, 100) == 7 and rows_for(0.9, 10) == 9
    assert 100 * 0.07 > 7  # what plain rounding up would have made 8


@pytest.mark.parametrize("rows", [7, 100, 506, 1797, 25000])
@pytest.mark.parametrize("size", [0.2, 0.25, 0.3, 0.5])
def test_fractions_take_what_keras_takes(rows, size):
    assert rows_for(size, rows) == rows - int(floor(rows * (1.0 - size)))  # Keras 2: training_utils.py, split_at


@pytest.mark.parametrize("size, rows", [(10, 10), (0.99, 3), (0, 10), (1.5, 10), (-0.1, 10)])
def test_a_part_that_is_empty_or_leaves_nothing_names_the_numbers(size, rows):
    with pytest.raises(ValueError, match=str(rows) if size in (10, 0.99, 0) else str(size)):
        rows_for(size, rows)


def test_the_order_is_test_then_train_size_then_validation():
    assert split_rows({"train": 1797}, Digits(), Holdout(), None) == {"train": 1149, "val": 288, "test": 360}
    assert split_rows({"train": 1797}, Digits(), Holdout(size=100), 1000) == {"train": 900, "val": 100, "test": 360}
    both = {"train": 60000, "test": 10000}
    assert split_rows(both, Mnist(), Holdout(), None) == {"train": 48000, "val": 12000, "test": 10000}
    assert split_rows(both, Mnist(), None, 10) == {"train": 10, "val": 0, "test": 10000}
    assert split_rows({"train": 9, "val": 4}, Digits(test=0), Holdout(), None) == {"train": 9, "val": 4, "test": 0}


def test_wrong_sizes_are_problems_of_their_keys():
    cases = [
        (Digits(test=1797), Holdout(), None, "dataset.test=1797"),
        (Digits(), Holdout(size=2000), None, "validation=2000"),
        (Digits(), None, 1438, "train_size=1438"),
        (Digits(), None, 0, "train_size=0"),
    ]
    for cfg, validation, train_size, key in cases:
        with pytest.raises(ConfigError) as caught:
            split_rows({"train": 1797}, cfg, validation, train_size)
        assert caught.value.problems[0].given == key
