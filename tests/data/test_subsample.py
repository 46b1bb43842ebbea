"""`test_size`: which test rows are measured."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold
from dlrun.data.prepare import prepare
from dlrun.data.sets.digits import Digits
from dlrun.data.sets.iris import Iris
from dlrun.data.sets.series import Series
from dlrun.data.subsample import subsample


def _prepare(cfg, validation=None):
    return prepare(cfg, "", validation=validation, train_size=None, seed=0, say=lambda line: None)


def test_one_row_of_each_stretch_is_kept_and_nothing_else_changes():
    whole = _prepare(Digits(), Holdout())
    whole.test.y[:] = np.arange(360)
    split = subsample(whole, 50)
    kept, ends = split.test.y, np.arange(51) * 360 // 50
    assert all(ends[:-1] <= kept) and all(kept < ends[1:])
    np.testing.assert_array_equal(split.test.x, whole.test.x[kept])
    np.testing.assert_array_equal(subsample(whole, 50).test.y, kept)
    assert split.train is whole.train and split.val is whole.val and split.scale is whole.scale
    assert subsample(whole, None) is whole
    np.testing.assert_array_equal(subsample(whole, 360).test.y, whole.test.y)


def test_classes_that_take_turns_are_all_measured():
    whole = _prepare(Digits())
    whole.test.y[:] = np.arange(360) % 2
    assert 10 < subsample(whole, 36).test.y.sum() < 26


def test_rows_in_the_order_of_their_classes_keep_every_class():
    whole = _prepare(Iris(test=0.4))
    order = np.argsort(whole.test.y, kind="stable")
    whole.test.x[:], whole.test.y[:] = whole.test.x[order], whole.test.y[order]
    assert set(subsample(whole, 6).test.y) == {0, 1, 2}


def test_the_hash_says_which_rows_were_measured():
    whole = _prepare(Digits())
    assert len({whole.hash, subsample(whole, 50).hash, subsample(whole, 51).hash}) == 3
    assert subsample(whole, 50).hash == subsample(whole, 50).hash


def test_windows_are_left_out_and_steps_stay(tmp_path):
    (tmp_path / "s.csv").write_text("a,b\n" + "\n".join(f"{n},{n * n}" for n in range(200)))
    whole = _prepare(Series(path=str(tmp_path / "s.csv"), target="b", lookback=6, test=0.5))
    split, ends = subsample(whole, 10), np.arange(11) * len(whole.test) // 10
    assert len(split.test) == 10 and split.test.x is whole.test.x
    kept = np.searchsorted(whole.test.rows, split.test.rows)
    assert all(ends[:-1] <= kept) and all(kept < ends[1:])
    np.testing.assert_array_equal(split.test.y, whole.test.y[kept])
    np.testing.assert_array_equal(subsample(whole, 10).test.rows, split.test.rows)


def test_a_series_that_repeats_itself_is_not_seen_at_one_hour_alone(tmp_path):
    (tmp_path / "s.csv").write_text("a\n" + "\n".join(str(n % 24) for n in range(2400)))
    whole = _prepare(Series(path=str(tmp_path / "s.csv"), target="a", lookback=6, test=0.5))
    split = subsample(whole, len(whole.test) // 24)
    assert np.std(split.test.y) > 0.5 * np.std(whole.test.y)


def test_of_folds_too():
    folds = KFold(k=4, fold=1)
    assert len(subsample(_prepare(Iris(), folds), 7).test) == 7
    assert len(subsample(_prepare(Iris(), folds), 7).val) == len(_prepare(Iris(), folds).val)


@pytest.mark.parametrize("cfg, size, wanted", [(Digits(), 361, "360 test rows"), (Digits(test=0), 1, "no test rows")])
def test_more_than_there_are_is_a_problem_of_the_key(cfg, size, wanted):
    with pytest.raises(ConfigError, match=wanted) as caught:
        subsample(_prepare(cfg), size)
    assert caught.value.problems[0].given == f"test_size={size}"
