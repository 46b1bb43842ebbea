"""Which rows a run sees, and how they become numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from dlrun.config.schema.holdout import Holdout
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.breast_cancer import BreastCancer
from dlrun.data.sets.diabetes import Diabetes
from dlrun.data.sets.digits import Digits
from dlrun.data.sets.iris import Iris
from dlrun.data.sets.mnist import Mnist
from dlrun.data.sets.moons import Moons
from dlrun.data.sets.npz import Npz
from dlrun.data.sets.wine import Wine
from dlrun.data.split import split_rows

KERAS = Holdout()


def _prepare(cfg, *, validation=KERAS, train_size=None, seed=0, data_dir=""):
    return prepare(cfg, data_dir, validation=validation, train_size=train_size, seed=seed, say=lambda line: None)


def _rows(*splits):
    return sorted(row.tobytes() for split in splits for row in split.x)


@pytest.mark.parametrize("cfg", [Digits(), Iris(test=30), Wine(stratify=False), Moons(rows=333, test=0.1)])
@pytest.mark.parametrize("validation", [Holdout(), Holdout(size=0.13, take="random"), None])
def test_the_parts_are_as_large_as_was_said_and_share_no_row(cfg, validation):
    prepared, source = _prepare(cfg, validation=validation), read(cfg, "", print)
    sizes = {name: len(getattr(prepared, name) or ()) for name in ("train", "val", "test")}
    assert sizes == split_rows({"train": len(source.x)}, cfg, validation, None)
    splits = [split for split in (prepared.train, prepared.val, prepared.test) if split]
    assert _rows(*splits) == sorted(row.tobytes() for row in source.x)


def test_the_test_part_is_the_same_for_every_run_and_other_for_another_split_seed():
    tests = [_prepare(Digits(), seed=seed, validation=Holdout(take="random"), train_size=size).test.x
             for seed, size in ((0, None), (7, 100))]
    assert np.array_equal(*tests)
    assert not np.array_equal(tests[0], _prepare(Digits(split_seed=1)).test.x)


def test_the_split_outlives_versions():
    y = "".join(map(str, _prepare(Iris()).test.y))
    assert y == "221022101021111000001200211222"  # a change here moves every number of the small sets


def test_a_stratified_part_keeps_the_classes_proportions():
    assert np.bincount(_prepare(Iris()).test.y).tolist() == [10, 10, 10]
    prepared = _prepare(BreastCancer(test=100), validation=Holdout(size=47, take="random", stratify=True))
    # 212 and 357 of 569: 37.26 and 62.74 of 100
    assert np.bincount(prepared.test.y).tolist() == [37, 63]
    # 175 and 294 of 469: 17.54 and 29.46 of 47
    assert np.bincount(prepared.val.y).tolist() == [18, 29]


def test_validation_from_the_end_is_the_last_rows_before_shuffling(tmp_path):
    x = np.arange(10.0)[:, None]
    np.savez(tmp_path / "a.npz", x_train=x, y_train=x[:, 0], x_test=x, y_test=x[:, 0])
    cfg = Npz(path=str(tmp_path / "a.npz"))
    prepared = _prepare(cfg, validation=Holdout(size=0.3))
    assert prepared.train.x[:, 0].tolist() == list(range(7)) and prepared.val.x[:, 0].tolist() == [7, 8, 9]
    prepared = _prepare(cfg, validation=Holdout(size=2), train_size=6)
    assert prepared.train.x[:, 0].tolist() == [0, 1, 2, 3] and prepared.val.x[:, 0].tolist() == [4, 5]


def test_validation_from_the_start_is_the_first_rows(tmp_path):
    x = np.arange(10.0)[:, None]
    np.savez(tmp_path / "a.npz", x_train=x, y_train=x[:, 0], x_test=x, y_test=x[:, 0])
    prepared = _prepare(Npz(path=str(tmp_path / "a.npz")), validation=Holdout(size=0.3, take="start"), train_size=9)
    assert prepared.val.x[:, 0].tolist() == [0, 1, 2] and prepared.train.x[:, 0].tolist() == [3, 4, 5, 6, 7, 8]


def test_numbers_are_told_in_their_own_unit_unless_asked_otherwise():
    plain, scaled = _prepare(Diabetes()), _prepare(Diabetes(target_scale="standard"))
    y = plain.train.y.astype(np.float64)
    assert y.mean() > 100 and plain.targets[0].mean == pytest.approx(y.mean())
    assert np.allclose(scaled.train.y, (y - y.mean()) / y.std(), atol=1e-5)
    assert np.allclose(scaled.test.y / scaled.targets[0].factor + scaled.targets[0].offset, plain.test.y, atol=1e-3)
    unit = _prepare(Diabetes(target_scale="unit")).train.y
    assert (unit.min(), unit.max()) == (0, 1)


def test_random_validation_is_a_function_of_the_seed():
    splits = [_prepare(Digits(), validation=Holdout(take="random"), seed=seed).val.x for seed in (1, 1, 2)]
    assert np.array_equal(splits[0], splits[1]) and not np.array_equal(splits[0], splits[2])


def test_tables_are_scaled_by_their_training_rows():
    prepared = _prepare(Wine())
    x = prepared.train.x.astype(np.float64)
    assert np.allclose(prepared.scale(prepared.train.x), (x - x.mean(0)) / x.std(0), atol=1e-5)
    assert np.allclose(prepared.scale(prepared.test.x), (prepared.test.x - x.mean(0)) / x.std(0), atol=1e-5)
    unit = _prepare(Wine(scale="unit"))
    assert np.allclose(unit.scale(unit.train.x).min(0), 0) and np.allclose(unit.scale(unit.train.x).max(0), 1)
    assert np.array_equal((none := _prepare(Wine(scale="none"))).scale(none.train.x), none.train.x)


def test_cells_that_miss_in_the_test_part_alone_are_filled_from_the_training_rows(tmp_path):
    x = np.array([[1.0, np.nan], [3.0, np.nan], [5.0, np.nan], [7.0, np.nan]])
    np.savez(tmp_path / "a.npz", x_train=x, y_train=x[:, 0], x_test=x[:, ::-1], y_test=x[:, 0])
    said = []
    prepared = prepare(Npz(path=str(tmp_path / "a.npz")), "", validation=Holdout(size=1), train_size=None, seed=0,
                       say=said.append)
    assert prepared.test.x.tolist() == [[3, 1], [3, 3], [3, 5], [3, 7]]  # 3 = mean of 1, 3, 5; nothing in column 1
    assert said == prepared.notes == ["1 columns have no value in the training rows; 0 stands in for them"]


def test_columns_of_words_and_constant_columns_stay_as_they_are(tmp_path):
    from dlrun.data.sets.csv import Csv

    lines = [f"{place},0.1,{'uv'[place % 2]},{place % 3}" for place in range(30)]
    (tmp_path / "t.csv").write_text("a,same,word,kind\n" + "\n".join(lines))
    prepared = _prepare(Csv(path=str(tmp_path / "t.csv"), target="kind"))
    scaled = prepared.scale(prepared.train.x)
    assert np.array_equal(scaled[:, 2:], prepared.train.x[:, 2:]) and (scaled[:, 1] == 0).all()
    assert prepared.scale.factor[1] == 1


@pytest.mark.parametrize("how, low, high", [("unit", 0, 1), ("symmetric", -1, 1), ("none", 0, 16)])
def test_images_are_scaled_by_their_levels(how, low, high):
    prepared = _prepare(Digits(scale=how))
    assert prepared.train.x.dtype == np.uint8
    scaled = prepared.scale(prepared.train.x)
    assert scaled.dtype == np.float32 and (scaled.min(), scaled.max()) == (low, high)


def test_standard_images_have_mean_0_and_deviation_1_by_channel(tmp_path):
    x = np.random.default_rng(0).integers(0, [[[100, 256, 1]]], (50, 8, 8, 3)).astype(np.uint8)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(50) % 2)
    prepared = _prepare(Npz(path=str(tmp_path / "a.npz"), scale="standard"))
    scaled = prepared.scale(prepared.train.x).astype(np.float64)
    assert np.allclose(scaled.mean((0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(scaled.std((0, 2, 3)), [1, 1, 0], atol=1e-5)  # the third channel is constant


def test_the_hash_changes_with_what_the_run_sees_and_with_nothing_else(tmp_path):
    base = _prepare(Digits()).hash
    assert base == _prepare(Digits(), seed=5).hash
    others = [
        _prepare(Digits(split_seed=1)).hash, _prepare(Digits(test=100)).hash, _prepare(Digits(), train_size=99).hash,
        _prepare(Digits(), validation=None).hash, _prepare(Digits(), validation=Holdout(take="random")).hash,
    ]
    assert len({base, *others}) == 6
    x, y = np.zeros((20, 2)), np.arange(20) % 2
    seen = set()
    for change in range(2):
        x[7, 1] = change
        np.savez(tmp_path / f"{change}.npz", x=x, y=y)
        seen.add(_prepare(Npz(path=str(tmp_path / f"{change}.npz"))).hash)
    assert len(seen) == 2


def test_mnist_is_split_as_keras_splits_it(real):
    data_dir = str(real("MNIST").parent)
    prepared, source = _prepare(Mnist(), data_dir=data_dir), read(Mnist(), data_dir, print)
    assert np.array_equal(prepared.val.x, source.x[48000:]) and np.array_equal(prepared.train.y, source.y[:48000])
    assert prepared.scale(prepared.train.x[:100]).max() == 1.0
    again = _prepare(dataclasses.replace(Mnist(), scale="standard"), data_dir=data_dir)
    assert again.scale.offset.reshape(-1) / 255 == pytest.approx(source.x[:48000].mean() / 255, abs=1e-6)
