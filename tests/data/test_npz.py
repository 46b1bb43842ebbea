"""A user's own arrays."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.npz import Npz

RNG = np.random.default_rng(0)


@pytest.fixture
def arrays(tmp_path):
    def write(cfg=None, **named):
        np.savez(tmp_path / "a.npz", **named)
        return Npz(path=str(tmp_path / "a.npz"), **(cfg or {}))

    return write


@pytest.mark.parametrize("shape, wanted", [
    ((6, 8, 5, 3), (3, 8, 5)), ((6, 8, 5, 1), (1, 8, 5)), ((6, 8, 5), (1, 8, 5)), ((6, 3, 8, 5), (3, 8, 5)),
])
def test_pictures_come_out_channels_first(arrays, shape, wanted):
    x = RNG.integers(0, 256, shape, np.uint8)
    source = read(arrays(x=x, y=np.arange(6) % 2), "", print)
    assert source.data_spec.input_shape == wanted and source.levels == 255
    back = source.x.transpose(0, 2, 3, 1) if shape[-1] in (1, 3) else source.x[:, 0] if len(shape) == 3 else source.x
    assert source.x.dtype == np.uint8 and np.array_equal(back, x)


def test_labels_are_numbered_and_keep_their_names(arrays):
    x = np.zeros((4, 2))
    source = read(arrays(x_train=x, y_train=np.array([7, 3, 7, 3]), x_test=x, y_test=np.array([5, 5, 3, 7])), "", print)
    assert source.data_spec.classes == ("3", "5", "7")
    assert source.y.tolist() == [2, 0, 2, 0] and source.y_test.tolist() == [1, 1, 0, 2]


def test_floats_are_numbers_and_a_column_of_targets_is_flat(arrays):
    source = read(arrays(x=np.zeros((4, 2)), y=np.array([[1.0], [2.5], [1.0], [0.0]])), "", print)
    assert source.data_spec.target_kind == "number" and source.y.tolist() == [1, 2.5, 1, 0]
    as_classes = arrays({"targets": "classes"}, x=np.zeros((4, 2)), y=np.array([1.0, 2.0, 1.0, 2.0]))
    assert dataset_info(as_classes, "").data_spec.classes == ("1", "2")


def test_inputs_alone_have_no_targets(arrays):
    prepared = prepare(arrays(x=np.ones((10, 3))), "", validation=Holdout(), train_size=None, seed=0, say=print)
    assert prepared.data_spec.target_kind == "none" and prepared.train.y is None and prepared.test.y is None
    assert [len(split) for split in (prepared.train, prepared.val, prepared.test)] == [6, 2, 2]


def test_own_parts_are_kept(arrays):
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
    cfg = arrays(x_train=x, y_train=y, x_val=x[:4], y_val=y[:4], x_test=x[4:7], y_test=y[4:7])
    assert dataset_info(cfg, "").rows == {"train": 10, "val": 4, "test": 3}
    prepared = prepare(cfg, "", validation=Holdout(), train_size=None, seed=0, say=print)
    assert np.array_equal(prepared.train.x, x) and np.array_equal(prepared.val.x, x[:4])
    assert np.array_equal(prepared.test.x, x[4:7])


@pytest.mark.parametrize("named, words", [
    ({"x_trian": np.zeros((2, 2)), "y": np.zeros(2)}, "did you mean  x_trian"),
    ({"x": np.zeros((3, 2)), "y": np.zeros(2)}, "each of the 3 rows"),
    ({"x": np.zeros((3, 2)), "y": np.zeros((3, 4, 2))}, "one class or number"),
    ({"x": np.zeros((3, 4, 4), np.float32), "y": np.arange(3)}, "uint8"),
    ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "no rows"),
    ({"x": np.array([[1], ["a"]], object), "y": np.arange(2)}, "Python objects"),
    ({"x": np.zeros((4, 2)), "y": np.zeros(4, int)}, "1 different values"),
    ({"x_train": np.zeros((4, 2)), "y_train": np.arange(4), "x_test": np.zeros((4, 3)), "y_test": np.arange(4)},
     "agree"),
    ({"x_train": np.zeros((4, 2)), "y_train": np.arange(4), "x_test": np.zeros((4, 2))}, "y_test is missing"),
])
def test_arrays_that_do_not_fit_are_named(arrays, named, words):
    with pytest.raises(ConfigError, match=words):
        dataset_info(arrays(**named), "")


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.npz").write_text("no zip")
    np.save(tmp_path / "b.npy", np.zeros(3))
    for name in ("a.npz", "b.npy"):
        with pytest.raises(ConfigError, match=r"\.npz file"):
            dataset_info(Npz(path=str(tmp_path / name)), "")
