"""scikit-learn's embedded sets, read without it, are what it reads."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun import registry
from dlrun.data.read import read


@pytest.mark.parametrize("kind", ["digits", "iris", "wine", "breast_cancer"])
def test_the_rows_and_names_are_scikit_learns(kind):
    from sklearn import datasets

    theirs = getattr(datasets, f"load_{kind}")()
    source = read(registry.kinds("dataset")[kind](), "nowhere", print)
    x = source.x.reshape(len(source.x), -1)
    assert np.array_equal(x, theirs.data.astype(np.float32))
    assert np.array_equal(source.y, theirs.target)
    if kind == "digits":
        assert source.x.dtype == np.uint8 and source.x.shape == (1797, 1, 8, 8) and source.x.max() == source.levels
    else:
        assert source.data_spec.features == tuple(theirs.feature_names)
        assert source.data_spec.classes == tuple(theirs.target_names)


def test_diabetes_is_scikit_learns_unscaled():
    from sklearn.datasets import load_diabetes

    theirs = load_diabetes(scaled=False)
    source = read(registry.kinds("dataset")["diabetes"](), "nowhere", print)
    assert np.array_equal(source.x, theirs.data.astype(np.float32)) and np.array_equal(source.y, theirs.target)
    assert source.data_spec.features == tuple(theirs.feature_names) and source.data_spec.target_kind == "number"
    assert set(source.files) == {"diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"}


def test_a_line_of_a_digit_is_a_step():
    rows, digits = (read(registry.kinds("dataset")[kind](), "nowhere", print) for kind in ("digits_rows", "digits"))
    assert rows.x.shape == (1797, 8, 8) and np.array_equal(rows.y, digits.y)
    for step in range(8):
        assert np.array_equal(rows.x[:, :, step], digits.x[:, 0, step, :])
