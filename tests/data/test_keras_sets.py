"""IMDB, Reuters and Boston: small files made here, and the published facts of the real ones."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.dataset_info import dataset_info
from dlrun.data.formats import object_arrays
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets._keras import orders
from dlrun.data.sets.boston import Boston
from dlrun.data.sets.imdb import Imdb
from dlrun.data.sets.reuters import Reuters


def _objects(lists):
    array = np.empty(len(lists), object)
    array[:] = lists
    return array


def _prepare(cfg, data_dir, validation=None, train_size=None):
    return prepare(cfg, str(data_dir), validation=validation, train_size=train_size, seed=0, say=lambda line: None)


def test_integer_lists_are_read_without_allow_pickle(tmp_path):
    lists = [[1, 2, 3], [4], [], [70000, 5]]
    np.savez_compressed(tmp_path / "a.npz", x=_objects(lists), y=np.array([0, 1, 1, 0]))
    found = object_arrays.arrays(tmp_path / "a.npz", "dataset=imdb")
    assert found["x"].tolist() == lists and found["y"].tolist() == [0, 1, 1, 0]
    data, spans = object_arrays.end_to_end(found["x"])
    assert data.tolist() == [0, 1, 2, 3, 0, 4, 0, 0, 70000, 5] and spans.tolist() == [[0, 4], [4, 6], [6, 7], [7, 10]]


def test_a_pickle_may_not_name_anything_else(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    np.savez(tmp_path / "a.npz", x=_objects([[1], Evil()]))
    with pytest.raises(ConfigError, match="does not belong"):
        object_arrays.arrays(tmp_path / "a.npz", "dataset=imdb")
    assert not (tmp_path / "made").exists()
    for rows in ([[1], "text"], [[1], [2.5]], [[1], [[2]]], [(1,)]):
        with pytest.raises(ValueError):
            object_arrays.end_to_end(_objects(rows))
    with pytest.raises(pickle.UnpicklingError):  # what the test relies on: NumPy's own pickle is refused by name alone
        object_arrays._Lists(__import__("io").BytesIO(pickle.dumps(os.getcwd))).load()


def test_the_order_is_kerass():
    # By the legacy interface that Keras 2.0 used: the same stream, one shuffle after the other.
    np.random.seed(113)
    wanted = []
    for count in (25, 10):
        order = np.arange(count)
        np.random.shuffle(order)
        wanted.append(order.tolist())
    assert [order.tolist() for order in orders(25, 10)] == wanted


def test_a_small_reuters_is_shuffled_and_cut(tmp_path, said):
    x = [[rank, rank] for rank in range(1, 11)]
    np.savez(tmp_path / "reuters.npz", x=_objects(x), y=np.arange(10) % 46)
    source = read(Reuters(), str(tmp_path), said.append)
    (order,) = orders(10)
    assert source.y.tolist() == order[:8].tolist() and source.y_test.tolist() == order[8:].tolist()
    assert any("reuters_word_index.json" in line for line in said)
    assert any("not the known file" in line for line in said)
    prepared = _prepare(Reuters(num_words=None, maxlen=None), tmp_path)
    assert prepared.train.x[0].tolist() == [1, order[0] + 4, order[0] + 4]


def test_imdb_is_what_users_of_keras_see(real):
    data_dir = real("keras/imdb.npz").parent.parent
    source = read(Imdb(), str(data_dir), lambda line: None)
    lengths = np.diff(source.x)[:, 0]
    assert lengths.mean() == pytest.approx(238.71364) and lengths.max() == 2494
    assert np.diff(source.x_test).mean() == pytest.approx(230.80, abs=5e-3)
    assert np.bincount(source.y).tolist() == np.bincount(source.y_test).tolist() == [12500, 12500]
    assert source.y[:10].tolist() == [1, 0, 0, 1, 0, 0, 1, 0, 1, 0]
    prepared = _prepare(Imdb(), data_dir, Holdout(size=10000, take="start"))
    assert prepared.label == "rebuilt" and (len(prepared.train), len(prepared.val), len(prepared.test)) == (
        15000, 10000, 25000)
    first = prepared.val.x[0]
    assert (first == 0).sum() == 500 - 218  # the first review has 218 ids
    assert first[-218:][:10].tolist() == [1, 14, 22, 16, 43, 530, 973, 1622, 1385, 65]
    assert prepared.vocabulary.decode(first).startswith("this film was just brilliant casting location scenery story")
    assert prepared.train.x.max() == 9999 and prepared.data_spec == dataset_info(Imdb(), "nowhere").data_spec
    short = _prepare(Imdb(maxlen=20), data_dir).train.x
    assert np.array_equal(short[0], first[-20:])  # the last 20, not the first


def test_a_bag_of_imdb_is_chollets_vectorize_sequences(real):
    data_dir = real("keras/imdb.npz").parent.parent
    prepared = _prepare(Imdb(form="multi_hot"), data_dir)
    assert prepared.data_spec == dataset_info(Imdb(form="multi_hot"), "").data_spec
    assert prepared.data_spec.input_shape == (10000,) and prepared.train.form.size == 10000
    long = _prepare(Imdb(maxlen=2494), data_dir).train.x
    for row in (0, 77, 24999):
        ids = set(long[row].tolist()) - {0}
        assert {number for number in prepared.train.x[row].tolist() if number < 10000} == ids


def test_reuters_is_what_users_of_keras_see(real):
    data_dir = real("keras/reuters.npz").parent.parent
    source = read(Reuters(), str(data_dir), lambda line: None)
    assert len(source.x) == 8982 and len(source.x_test) == 2246 and source.label == "rebuilt"
    lengths = np.diff(source.x)[:, 0]
    assert lengths.mean() == pytest.approx(145.5398574927633) and lengths.max() == 2376
    assert np.bincount(source.y).tolist() == [  # as printed by many users of the Keras file
        55, 432, 74, 3159, 1949, 17, 48, 16, 139, 101, 124, 390, 49, 172, 26, 20, 444, 39, 66, 549, 269, 100, 15, 41,
        62, 92, 24, 15, 48, 19, 45, 39, 32, 11, 50, 10, 49, 19, 19, 24, 36, 30, 13, 21, 12, 18]
    prepared = _prepare(Reuters(), data_dir)
    first = prepared.train.x[0]
    assert first[first > 0][:9].tolist() == [1, 2, 2, 8, 43, 10, 447, 5, 25]
    assert prepared.data_spec == dataset_info(Reuters(), "").data_spec and prepared.data_spec.classes[3] == "earn"


def test_boston_is_kerass_and_scaled_as_the_book_does_it(real):
    data_dir = real("keras/boston_housing.npz").parent.parent
    prepared = _prepare(Boston(), data_dir)
    assert prepared.train.y[:3].tolist() == pytest.approx([15.2, 42.3, 50.0]) and len(prepared.test) == 102
    assert prepared.train.x[0].tolist() == pytest.approx(
        [1.23247, 0, 8.14, 0, 0.538, 6.142, 91.7, 3.9769, 4, 307, 21, 396.9, 18.72])
    x = prepared.train.x.astype(np.float64)
    test = (prepared.test.x - x.mean(0)) / x.std(0)
    assert np.allclose(prepared.scale(prepared.test.x), test, atol=1e-4)
    assert prepared.targets[0].unit == "1,000 $" and prepared.targets[0].mean == pytest.approx(prepared.train.y.mean())
    assert prepared.data_spec == dataset_info(Boston(), "").data_spec


def test_the_longest_row_is_that_of_the_training_part(real):
    data_dir = real("keras/reuters.npz").parent.parent
    cfg = Reuters(maxlen=None)
    source = read(cfg, str(data_dir), lambda line: None)
    validation = Holdout(size=1000, take="start")
    prepared = _prepare(cfg, data_dir, validation, train_size=3000)
    assert prepared.data_spec.input_shape == (int(np.diff(source.x[1000:3000]).max()),)
    assert dataset_info(cfg, str(data_dir), validation=validation, train_size=3000).data_spec == prepared.data_spec
