"""Which rows a fold trains on and is measured on, and what is fitted on which rows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.config.schema.kfold import KFold
from dlrun.data.prepare import prepare
from dlrun.data.sets.cats_and_dogs import CatsAndDogs
from dlrun.data.sets.digits import Digits
from dlrun.data.sets.iris import Iris
from dlrun.data.sets.labelled_text import LabelledText
from dlrun.data.sets.npz import Npz
from dlrun.data.sets.python_docs import PythonDocs
from dlrun.data.split import split_rows


def _prepare(cfg, folds: KFold, train_size=None, seed=0):
    return prepare(cfg, "", validation=folds, train_size=train_size, seed=seed, say=lambda line: None)


@pytest.fixture
def houses(tmp_path):
    """406 + 102 rows in the form of Boston's; two are left over by four folds."""
    rng = np.random.default_rng(3)
    arrays = {name: rng.normal(5, 3, shape).astype(np.float32) for name, shape in (
        ("x_train", (406, 13)), ("y_train", (406,)), ("x_test", (102, 13)), ("y_test", (102,)))}
    np.savez(tmp_path / "houses.npz", **arrays)
    return Npz(path=str(tmp_path / "houses.npz"), target_scale="none"), arrays


@pytest.mark.parametrize("fold", range(4))
def test_blocks_are_those_of_chollets_listing(houses, fold):
    cfg, arrays = houses
    prepared = _prepare(cfg, KFold(k=4, fold=fold))
    # Listing 3.27, in its own words but for the rows that it never validates.
    num_val = len(arrays["x_train"]) // 4
    wanted = {
        "val": arrays["x_train"][fold * num_val:(fold + 1) * num_val],
        "train": np.concatenate([arrays["x_train"][:fold * num_val], arrays["x_train"][(fold + 1) * num_val:]]),
        "test": arrays["x_test"],
    }
    assert num_val == 101
    for part, x in wanted.items():
        assert np.array_equal(getattr(prepared, part).x, x), part
    assert np.array_equal(prepared.val.y, arrays["y_train"][fold * num_val:(fold + 1) * num_val])
    np.testing.assert_allclose(prepared.scale.offset, wanted["train"].mean(0), rtol=1e-5)


def test_scales_may_be_those_of_all_rows_as_in_the_listing(houses):
    cfg, arrays = houses
    scales = [_prepare(cfg, KFold(k=4, fold=fold, fitted="all")).scale for fold in range(4)]
    for scale in scales:
        np.testing.assert_allclose(scale.offset, arrays["x_train"].mean(0), rtol=1e-5)
        np.testing.assert_allclose(1 / scale.factor, arrays["x_train"].std(0), rtol=1e-5)
        assert np.array_equal(scale.offset, scales[0].offset)
    own = _prepare(cfg, KFold(k=4, fold=0)).scale
    assert np.abs(own.offset - scales[0].offset).max() > 1e-3


@pytest.mark.parametrize("stratify", [True, False])
def test_shuffled_folds_of_an_iteration_share_no_row_and_leave_none_out(stratify):
    folds = KFold(k=5, iterations=2, shuffle=True, stratify=stratify)
    both = []
    for iteration in range(2):
        parts = [_prepare(Digits(), dataclasses.replace(folds, fold=5 * iteration + block)) for block in range(5)]
        whole = _prepare(Digits(), folds).train.x
        assert len(whole) == 1437 and [len(part.val) for part in parts] == [287] * 5
        left_over = 1437 - 5 * 287
        rows = np.concatenate([part.val.x for part in parts])
        assert len(np.unique(rows, axis=0)) == len(rows) == 1437 - left_over
        for part in parts:
            together = np.concatenate([part.train.x, part.val.x])
            assert sorted(map(bytes, together)) == sorted(map(bytes, whole))
        both.append([bytes(part.val.x) for part in parts])
    assert not set(both[0]) & set(both[1]), "each iteration has a shuffle of its own"


def test_stratified_folds_keep_the_proportions_of_the_classes():
    whole = np.bincount(_prepare(Digits(), KFold()).train.y)
    for fold in range(5):
        counts = np.bincount(_prepare(Digits(), KFold(k=5, shuffle=True, fold=fold)).val.y, minlength=10)
        assert np.abs(counts - whole / 5).max() <= 1
    plain = [np.bincount(_prepare(Digits(), KFold(k=5, shuffle=True, stratify=False, fold=fold)).val.y, minlength=10)
             for fold in range(5)]
    assert max(np.abs(counts - whole / 5).max() for counts in plain) > 3


def test_the_runs_seed_draws_the_folds():
    def val(seed):
        return _prepare(Iris(), KFold(shuffle=True, fold=0), seed=seed).val.x

    assert np.array_equal(val(1), val(1)) and not np.array_equal(val(1), val(2))


def test_the_hash_is_of_the_rows_of_every_fold():
    def of(seed=0, **values):
        return _prepare(Iris(), KFold(**values), seed=seed).hash

    hashes = [of(), of(k=5), of(shuffle=True), of(shuffle=True, seed=1), of(shuffle=True, iterations=2),
              *(of(fold=fold) for fold in range(4))]
    assert len(set(hashes)) == len(hashes)
    assert of(fitted="all") == of(), "which rows are seen is the same"


def test_vocabulary_and_length_are_fitted_on_the_folds_training_rows(tmp_path):
    lines = [f"{'yes' if row % 2 else 'no'}\tword{row} " + "the " * (row + 1) for row in range(40)]
    (tmp_path / "t.tsv").write_text("\n".join(lines) + "\n")
    cfg = LabelledText(path=str(tmp_path / "t.tsv"), test=0, num_words=None, maxlen=None)

    def made(**values):
        prepared = _prepare(cfg, KFold(k=4, **values))
        return prepared.train.x.shape[1], set(prepared.vocabulary.words)

    seen = [made(fold=fold) for fold in range(4)]
    longest = max(length for length, _ in seen)
    assert len({length for length, _ in seen}) == 2, "one fold validates the longest row"
    words = {f"word{row}" for row in range(40)}
    for _, vocabulary in seen:
        assert len(words - vocabulary) == 10
    for fold in range(4):
        length, vocabulary = made(fold=fold, fitted="all")
        assert length == longest and words <= vocabulary


def test_sizes_are_those_of_one_fold():
    assert split_rows({"train": 404, "test": 102}, Npz(path="x"), KFold(), None) == {
        "train": 303, "val": 101, "test": 102}
    assert split_rows({"train": 404, "test": 102}, Npz(path="x"), KFold(k=10, fold=3), 99) == {
        "train": 90, "val": 9, "test": 102}
    assert split_rows({"train": 7, "test": 1}, Npz(path="x"), KFold(k=7), None)["train"] == 6, "leave one out"


@pytest.mark.parametrize("rows, cfg, folds, said", [
    ({"train": 40}, Iris(test=0), KFold(k=41), "validation.k=41"),
    ({"train": 2000, "val": 1000, "test": 1000}, CatsAndDogs(), KFold(), "validation.kind=kfold"),
    ({"train": 20000}, PythonDocs(), KFold(), "validation.kind=kfold"),
])
def test_what_cannot_be_cut_into_folds_is_said(rows, cfg, folds, said):
    with pytest.raises(ConfigError) as caught:
        split_rows(rows, cfg, folds, None)
    assert [problem.given for problem in caught.value.problems] == [said]
