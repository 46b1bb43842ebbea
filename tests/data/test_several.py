"""Several columns to predict: labels, numbers, classes, and what is stored of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.dataset_info import dataset_info
from dlrun.data.dataset_spec import DatasetSpec, Head
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.npz import Npz

ROWS = "x,rain,wind,age,income,sex\n" + "".join(
    f"{n},{n % 2},{'yes' if n % 3 else 'no'},{20.5 + n},{n % 3},{'fm'[n % 2]}\n" for n in range(12))


@pytest.fixture
def table(tmp_path):
    def write(*target, text=ROWS, **cfg):
        (tmp_path / "t.csv").write_text(text)
        return Csv(path=str(tmp_path / "t.csv"), target=target, **{"drop": (), **cfg})

    return write


def _prepared(cfg):
    return prepare(cfg, "", validation=None, train_size=None, seed=0, say=lambda line: None)


def _problem(cfg):
    with pytest.raises(ConfigError) as caught:
        dataset_info(cfg, "")
    (problem,) = caught.value.problems
    return f"{problem.given}: {problem.expected}"


def test_columns_of_0_and_1_or_no_and_yes_are_labels(table):
    source = read(table("rain", "wind"), "", print)
    assert (source.data_spec.target_kind, source.data_spec.classes) == ("labels", ("rain", "wind"))
    assert source.y.dtype == np.uint8 and source.y.tolist() == [[n % 2, int(n % 3 > 0)] for n in range(12)]
    assert "rain" not in source.data_spec.features and "x" in source.data_spec.features


def test_other_columns_are_numbers_and_classes_each_for_itself(table):
    source = read(table("age", "income", "5"), "", print)
    assert source.data_spec.target_kind == "several"
    assert source.data_spec.heads == (Head("age"), Head("income", ("0", "1", "2")), Head("sex", ("f", "m")))
    assert source.y.dtype == np.float32 and source.y[4].tolist() == [24.5, 1, 0]


def test_the_kinds_can_be_said_for_all_or_for_each(table):
    assert read(table("age", "income", targets="number"), "", print).data_spec.heads == (Head("age"), Head("income"))
    assert read(table("rain", "income", targets=("classes", "number")), "", print).data_spec.heads == (
        Head("rain", ("0", "1")), Head("income"))
    assert "names 2 columns, and dataset.targets 3 kinds" in _problem(
        table("rain", "income", targets=("number", "number", "classes")))
    assert "expected one word" in _problem(Csv(path=table("x").path, target="age", targets=("number", "classes")))


def test_a_scaled_number_among_several_comes_back_and_classes_stay(table):
    prepared = _prepared(table("age", "income", target_scale="standard", test=4))
    y = prepared.train.y
    assert y[:, 0].mean() == pytest.approx(0, abs=1e-6) and y[:, 0].std() == pytest.approx(1)
    assert set(prepared.test.y[:, 1].tolist()) <= {0.0, 1.0, 2.0}
    whole = np.concatenate([split.y[:, 0] for split in (prepared.train, prepared.test)])
    age = prepared.targets[0]
    assert sorted((whole / age.factor + age.offset).tolist()) == pytest.approx([20.5 + n for n in range(12)])


def test_what_is_stored_of_several_targets_comes_back(table):
    prepared = _prepared(table("age", "sex", target_scale="unit", test=4))
    stored = json.loads(json.dumps(preprocessing.plain(prepared)))
    assert preprocessing.data_spec(stored) == prepared.data_spec and preprocessing.targets(stored) == prepared.targets
    seen = dataset_info(table("age", "sex", target_scale="unit", test=4), "").data_spec
    assert seen == prepared.data_spec, "from the cache of decoded arrays"


def test_a_folder_from_before_several_targets_is_still_read():
    target = {"name": "y", "unit": "", "mean": 1.0, "deviation": 2.0, "offset": 1.0, "factor": 0.5}
    assert [t.factor for t in preprocessing.targets({"target": target})] == [0.5]
    assert preprocessing.targets({"target": None}) == ()
    plain = {"input_shape": [3], "input_kind": "table", "target_kind": "number"}
    assert DatasetSpec.of(plain) == DatasetSpec((3,), "table", "number")


def test_rows_without_one_of_the_targets_are_left_out(table):
    source = read(table("rain", "age", text=ROWS + "9,,no,3.5,1,f\n9,1,no,,1,f\n"), "", print)
    assert len(source.y) == 12 and "2 rows without a target are left out (the first is line 14)" in source.notes[0]


@pytest.mark.parametrize(("target", "more", "wanted"), [
    (("rain", "rain"), {}, "is named twice"), (("rain", "aeg"), {}, "no such column; did you mean  age"),
    (("rain", "age"), {"drop": ("age",)}, "this is the target"),
    (("age", "sex"), {"targets": "number"}, '"sex" holds texts'),
])
def test_what_cannot_be_told_is_said(table, target, more, wanted):
    assert wanted in _problem(table(*target, **more))


def test_two_names_that_differ_in_marks_alone_are_refused(table):
    assert "rename one" in _problem(table("a b", "a_b", text="a b,a_b,x\n1.5,2,3\n2.5,1,3\n"))


def test_a_list_of_one_column_is_that_column(write):
    from dlrun.config.check.check import check
    from dlrun.config.compose.compose import compose

    write({"t.csv": ROWS})
    composition, problems = compose(["dataset=csv", "dataset.path=t.csv", "dataset.target=[age]", "model=dense"])
    assert not problems and check(composition.plain).dataset.target == "age"


def test_arrays_hold_labels_numbers_or_classes_in_columns(tmp_path):
    def data_spec(y, **cfg):
        np.savez(tmp_path / "a.npz", x=np.zeros((6, 2)), y=y)
        source = read(Npz(path=str(tmp_path / "a.npz"), **cfg), "", print)
        return source.data_spec, source.y

    y = np.array([[0, 1, 1], [1, 0, 0]] * 3)
    told, stored = data_spec(y)
    assert (told.target_kind, told.classes) == ("labels", ("y0", "y1", "y2")) and stored.tolist() == y.tolist()
    told, stored = data_spec(np.array([[0.5, 1.0], [1.5, 2.0]] * 3))
    assert told.heads == (Head("y0"), Head("y1")) and stored[1].tolist() == [1.5, 2.0]
    told, _ = data_spec(np.array([[0, 7], [1, 3]] * 3))
    assert told.heads == (Head("y0", ("0", "1")), Head("y1", ("3", "7")))
    told, _ = data_spec(y, targets="number")
    assert told.heads == (Head("y0"), Head("y1"), Head("y2"))
    with pytest.raises(ConfigError, match="several"):
        data_spec(np.zeros((6, 2, 2)))
