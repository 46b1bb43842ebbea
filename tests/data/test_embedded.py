"""scikit-learn's embedded sets, read without it, are what it reads."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.config.datasets import DATASETS
from dlrun.data.read import read


@pytest.mark.parametrize("kind", ["digits", "iris", "wine", "breast_cancer"])
def test_the_rows_and_names_are_scikit_learns(kind):
    from sklearn import datasets

    theirs = getattr(datasets, f"load_{kind}")()
    source = read(DATASETS[kind](), "nowhere", print)
    x = source.x.reshape(len(source.x), -1)
    assert np.array_equal(x, theirs.data.astype(np.float32))
    assert np.array_equal(source.y, theirs.target)
    if kind == "digits":
        assert source.x.dtype == np.uint8 and source.x.shape == (1797, 1, 8, 8) and source.x.max() == source.levels
    else:
        assert source.signature.features == tuple(theirs.feature_names)
        assert source.signature.classes == tuple(theirs.target_names)
