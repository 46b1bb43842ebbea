"""Training and predict read a user's table alike; what could be two numbers, or two tables, is refused or said."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.config.regular_file import read_inflated
from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold
from dlrun.data import preprocessing_state as state
from dlrun.data.dataset_info import dataset_info
from dlrun.data.formats import separated
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.csv import Csv
from dlrun.data.unseen_words import any_unseen
from dlrun.inference.labelled import labelled
from dlrun.inference.new_rows import inputs_of
from dlrun.preflight.preflight import preflight

POINTS = "a,y,w\n" + "".join(f"{i / 4},{i % 2},{'uv'[i % 2]}\n" for i in range(40))
COMMAS = "a;y;w\n" + "".join(f"{i / 4};{i % 2};{'uv'[i % 2]}\n".replace(".", ",") for i in range(40))


@pytest.fixture
def csv(tmp_path):
    def write(text: str, **cfg) -> Csv:
        (tmp_path / "t.csv").write_text(text)
        return Csv(path=str(tmp_path / "t.csv"), **{"target": "y", **cfg})

    return write


@pytest.fixture
def predicted(csv, tmp_path):
    """What the rows of a new file become after training on another: their first column, and the notes."""
    def run(trained: str, new: str, **cfg) -> tuple[list[float], list[str]]:
        prepared = prepare(csv(trained, **cfg), "", validation=None, train_size=None, seed=0, say=lambda note: None)
        kept = json.loads(json.dumps(state.plain(prepared)))
        (tmp_path / "new.csv").write_text(new)
        notes: list[str] = []
        _, split = state.of_table(kept, tmp_path / "new.csv", notes.append)
        return split.x[:, 0].tolist(), notes

    return run


def _refused(run, *args, **cfg) -> str:
    with pytest.raises(ConfigError) as caught:
        run(*args, **cfg)
    return caught.value.line


def test_what_stands_for_missing_in_training_does_so_in_new_rows(predicted):
    mean = predicted(POINTS, "a,w\n,u\n", missing=("-999",))[0]
    assert predicted(POINTS, "a,w\n-999,u\n-999.0,u\n1,v\n", missing=("-999",))[0] == [*mean, *mean, 1]
    assert predicted(POINTS, "a,w\n-999,u\n")[0] == [-999]


@pytest.mark.parametrize("trained, cells, numbers", [
    (POINTS, ["1.5", "2.480", '"1,234,567"', '"1,234.5"', "1e3"], [1.5, 2.48, 1234567, 1234.5, 1000]),
    (POINTS, ["1.5", '"1,5"'], [1.5, 1.5]),
    (COMMAS, ["1,5", "2,480", "2.480,5", "1.234.567", "7"], [1.5, 2.48, 2480.5, 1234567, 7]),
])
def test_a_number_that_only_one_mark_explains_is_read_by_it(predicted, trained, cells, numbers):
    mark = trained[1]
    new = f"a{mark}w\n" + "".join(f"{cell}{mark}u\n" for cell in cells)
    assert predicted(trained, new)[0] == pytest.approx(numbers)


@pytest.mark.parametrize("trained, row", [(COMMAS, "2.480;u"), (POINTS, '"1,234",u'), (POINTS, "-1,234;u")])
def test_a_number_that_the_training_file_speaks_against_is_refused(predicted, trained, row):
    said = _refused(predicted, trained, f"a{row[-2]}w\n{row}\n")
    assert 'line 2, column "a"' in said and "with a decimal point" in said and "the training's file has" in said


def test_new_rows_are_refused_where_training_would_refuse_them(predicted):
    assert "1e39 is not a finite number of 32 bits" in _refused(predicted, POINTS, "a,w\n1,u\n1e39,u\n")
    assert "several of this name" in _refused(predicted, POINTS, "a,w,a\n1,u,2\n")
    assert 'expected the column "w", which the run was trained on; there are a, b' in _refused(
        predicted, POINTS, "a,b\n1,u\n")
    assert "'oops' in line 3" in _refused(predicted, POINTS, "a,w\n1,u\noops,u\n")
    assert "decimal comma" in _refused(predicted, COMMAS, "a;w\n1.5;u\n", decimal="comma")


@pytest.mark.parametrize(("target", "drop", "new", "first"), [
    ("-1", (), "5,6,7\n8,9,7\n", 5), ("0", ("-1",), "1,5,6,7\n0,8,9,7\n", 5), ("2", ("3",), "5,6\n8,9\n", 5),
    ("0", ("-1",), "column 2,column 1\n6,5\n9,8\n", 5),
    ("0", ("-1",), "5,6,7\n8,9,7\n", None), ("1", ("-1",), "5,6,7\n8,9,7\n", None), ("0", (), "5,6,7\n8,9,7\n", None),
])
def test_columns_without_names_are_those_of_their_places_or_refused_where_some_are_absent(predicted, target, drop, new,
                                                                                          first):
    trained = "".join(f"{i % 2},{i % 2 * 3},{(i % 2) + 1},{i % 2 + 2}\n" for i in range(10))
    if first is not None:
        assert predicted(trained, new, target=target, drop=drop)[0][0] == first
        return
    said = _refused(predicted, trained, new, target=target, drop=drop)
    assert "it has 3 columns without names, the training's file had 4" in said


def test_test_rows_without_names_may_lack_columns_behind_the_inputs(csv, tmp_path):
    rows = "".join(f"{i % 2},{i / 4},{i % 7},{i}\n" for i in range(20))
    (tmp_path / "new.csv").write_text("1,5,6\n0,7,8\n")
    cfg = csv(rows, target="0", drop=("3",), test_path=str(tmp_path / "new.csv"))
    assert read(cfg, "", lambda note: None).x_test.tolist() == [[5, 6], [7, 8]]
    cfg = replace(cfg, target="1", drop=("0", "3"))
    assert "which of them these are is not known" in _refused(read, cfg, "", print)


def test_what_pandas_has_for_missing_values_is_missing_in_new_rows(csv):
    pandas = pytest.importorskip("pandas")
    rows = "".join(f"2024-01-{i + 1:02},{i / 4},{'uv'[i % 2]},{i % 2}\n" for i in range(28))
    prepared = prepare(csv(f"at,a,w,y\n{rows}"), "", validation=None, train_size=None, seed=0, say=lambda note: None)
    kept = json.loads(json.dumps(state.plain(prepared)))
    frame = pandas.DataFrame({"at": [pandas.Timestamp(2024, 1, 5), pandas.NaT],
                              "a": pandas.array([1, pandas.NA], "Int64"),
                              "w": pandas.array(["u", pandas.NA], "string")})
    wanted = state.of_rows(kept, ["at", "a", "w"], [["2024-01-05", "1", "u"], ["", "", ""]])
    assert np.array_equal(inputs_of(kept, frame).x, wanted.x)
    with pytest.raises(ConfigError, match="'NaT' in row 1"):  # a text is what it says
        inputs_of(kept, pandas.DataFrame({"at": ["NaT"], "a": [1], "w": ["u"]}))


def test_unknown_texts_are_said_once_with_their_count(predicted):
    _, notes = predicted(POINTS, "a,w\n1,z\n2,q\n3,u\n4,\n")
    assert notes == ['new.csv: 2 rows have a text in "w" that no training row has (\'z\'): it counts as unknown']


def test_a_chosen_mark_reads_the_other_between_thousands(csv):
    text = "a;y\n" + "1.234;0\n2.500;1\n" * 4
    assert read(csv(text, decimal="comma"), "", print).x[:2].tolist() == [[1234], [2500]]
    assert read(csv(text), "", print).x[:2, 0].tolist() == pytest.approx([1.234, 2.5])
    text = 'a,y\n"1,234",0\n"2,500",1\n' * 1 + '"1,234",0\n"2,500",1\n'
    assert read(csv(text, decimal="point"), "", print).x[:2].tolist() == [[1234], [2500]]
    assert "dataset.decimal=point or dataset.decimal=comma" in _refused(dataset_info, csv(text), "")
    mixed = _refused(dataset_info, csv("a;b;y\n" + "2.480;1,5;0\n2.500;2,5;1\n" * 3), "")
    assert 'line 2, column "a": 2.480' in mixed and 'line 2, column "b" has 1,5' in mixed


@pytest.mark.parametrize("first, features", [
    ("2019,2020,y", ("2019", "2020")), ("0,1,y", ("0", "1")), ("a,2019,y", ("a", "2019")),
    ("1,2,3", ("column 0", "column 1")),
])
def test_a_header_may_hold_numbers(csv, first, features):
    cfg = csv(f"{first}\n" + "".join(f"{i},{i * 2},{i % 2}\n" for i in range(10)), target="-1")
    said: list[str] = []
    assert read(cfg, "", said.append).data_spec.features == features
    assert first.replace(",", ", ") in said[0]


def test_a_text_in_the_first_row_of_numbers_is_asked_about(csv):
    text = "5,oops,1\n" + "".join(f"{i},{i * 2},{i % 2}\n" for i in range(10))
    assert "line 1 can be a header or a row: 'oops'" in _refused(dataset_info, csv(text, target="2"), "")


def test_years_above_words_are_asked_about(csv):
    rows = "".join(f"{i},{i * 2},{'pq'[i % 2]}\n" for i in range(10))
    said = _refused(dataset_info, csv(f"2019,2020,kind\n{rows}", target="2"), "")
    assert "line 1 can be a header or a row: its numbers go up by one, and 'kind' never comes again" in said
    assert dataset_info(csv(rows, target="2"), "").rows == {"train": 10}, "the word of its first row comes again"


def test_a_file_that_unpacks_to_too_much_is_refused(csv, tmp_path, monkeypatch):
    path = tmp_path / "z.csv.gz"
    path.write_bytes(gzip.compress(b"a,y\n" + b"1,0\n" * 500))
    monkeypatch.setattr(separated, "read_inflated", partial(read_inflated, most=2000))
    assert "it unpacks to more than 2,000 bytes" in _refused(dataset_info, Csv(path=str(path), target="y"), "")


def test_a_text_among_measurements_is_refused_and_a_code_among_codes_is_said(csv):
    numbers = "".join(f"{i * 7},{i % 2}\n" for i in range(10))
    said = _refused(dataset_info, csv(f"a,y\n{numbers}oops,1\n"), "")
    assert 'line 12, column "a": expected a number, as in 10 other rows' in said and "dataset.missing=['oops']" in said
    assert "not 'oops'" in _refused(dataset_info, csv("y,a\n" + numbers + "oops,1\n"), "")  # the target, too
    notes: list[str] = []
    codes = read(csv("a,y\n" + "".join(f"{i % 3},{i % 2}\n" for i in range(30)) + "3+,1\n3+,0\n"), "", notes.append)
    assert codes.data_spec.features == ("a=0", "a=1", "a=2", "a=3+") and "line 32: '3+'" in notes[0]


def test_a_broken_byte_is_found_and_latin_1_is_said(tmp_path):
    path, rows = tmp_path / "b.csv", "x,wört\n1,ä\n2,ö\n3,ä\n4,ö\n"
    cfg, said = Csv(path=str(path), target="1"), []
    path.write_bytes(rows.encode().replace("ö\n4".encode(), b"\xf6\n4"))
    path.write_bytes(rows.encode().replace(b"3", b"\xff3"))
    assert "line 4, byte 1 (0xff) is damaged" in _refused(dataset_info, cfg, "")
    path.write_bytes(rows.encode("latin-1"))
    assert read(cfg, "", said.append).data_spec.classes == ("ä", "ö")
    assert said == ["b.csv: read as Latin-1, since line 1, byte 4 (0xf6) is no UTF-8"]


def test_an_open_quotation_mark_and_two_columns_of_a_name_are_refused(csv):
    assert "opens in line 4 is never closed" in _refused(dataset_info, csv('a,y\n1,1\n2,0\n"3,0\n4,1\n'), "")
    text = "a,a,y\n1,1,1\n2,2,0\n1,1,1\n2,2,0\n"
    assert 'both called "a"' in _refused(dataset_info, csv(text), "")
    assert dataset_info(csv(text, drop=("1",)), "").data_spec.features == ("a",)


def _words(unseen: bool) -> str:
    """Rows whose last, the test rows of test_take or not, hold a word of their own."""
    return "w,y\n" + "".join(f"{'new' if unseen and i == 7 else 'uv'[i % 2]},{i % 2}\n" for i in range(40))


def test_a_word_that_no_training_row_has_is_unknown_in_every_split(csv):
    for seed in range(4):
        cfg, said = csv(_words(True), split_seed=seed), []
        prepared = prepare(cfg, "", validation=Holdout(take="random"), train_size=None, seed=seed, say=said.append)
        x = {name: getattr(prepared, name).x for name in ("train", "val", "test")}
        place = prepared.data_spec.features.index("w=new")
        unseen = not x["train"][:, place].any()
        assert any_unseen(cfg, read(cfg, "", print), Holdout(take="random"), None, seed) == unseen
        rows = sum(int((~split.any(1)).sum()) for split in x.values())
        assert rows == unseen and bool(said) == unseen and ("untrained" in prepared.settings) == unseen
        assert sum(split[:, place].sum() for split in x.values()) == 1 - unseen
        new = state.of_rows(json.loads(json.dumps(state.plain(prepared))), ["w"], [["new"], ["u"]])
        assert new.x.any(1).tolist() == [not unseen, True]


def test_test_rows_evaluate_and_predict_have_the_same_inputs_for_new_words_and_count_them_by_column(csv, tmp_path):
    rows = "".join(f"{i / 4},{'uv'[i % 2]},{'pqr'[i % 3]},{i % 2}\n" for i in range(30))
    new = "a,w,v,y\n1,u,p,0\n2,new,q,1\n3,newer,,0\n4,,r,1\n5,new,other,0\n"
    (tmp_path / "new.csv").write_text(new)
    (tmp_path / "unlabelled.csv").write_text("\n".join(line.rpartition(",")[0] for line in new.split("\n")))
    for text, words in ((rows, {"test_path": str(tmp_path / "new.csv")}),
                        (new.partition("\n")[2] + rows, {"test": 5, "split_seed": None, "stratify": False})):
        cfg = csv(f"a,w,v,y\n{text}", **words)
        notes: dict[str, list[str]] = {"training": [], "evaluate": [], "predict": []}
        prepared = prepare(cfg, "", validation=None, train_size=None, seed=0, say=notes["training"].append)
        kept = json.loads(json.dumps(state.plain(prepared)))
        evaluated = labelled(kept, cfg, str(tmp_path / "new.csv"), "", notes["evaluate"].append).split
        _, predicted = state.of_table(kept, tmp_path / "unlabelled.csv", notes["predict"].append)
        assert prepared.test is not None
        of = np.array([feature[0] for feature in prepared.data_spec.features])  # the column that each input is of
        assert prepared.test.x[:, of == "w"].sum(1).tolist() == [1, 0, 0, 0, 0]
        assert prepared.test.x[:, of == "v"].sum(1).tolist() == [1, 1, 0, 1, 0]
        for split in (evaluated, predicted):
            assert np.array_equal(split.x[:, 1:], prepared.test.x[:, 1:])
        for heard in notes.values():
            counted = [re.sub(r".*?(\d+) (test )?rows have", r"\1 rows have", note) for note in heard
                       if "unknown" in note]
            assert counted == ['3 rows have a text in "w" that no training row has (\'new\'): it counts as unknown',
                               '1 rows have a text in "v" that no training row has (\'other\'): it counts as unknown']


def _id(path: Path, *words: str) -> str:
    command = [f"dataset.path={path}", "dataset=csv", "dataset.target=y", "model=dense", *words,
               "dataset.stratify=false"]  # else the revision of validation rows comes in
    return identity(preflight(command).config)


def test_only_runs_whose_table_is_read_otherwise_are_other_runs(csv, monkeypatch):
    def ids(text: str, *words: str) -> tuple[str, str]:
        """The id, and that of the same command where readings have no revision."""
        path = Path(csv(text).path)
        found = _id(path, *words)
        with monkeypatch.context() as before:
            before.setattr(Csv, "read_revision", lambda *_: 1)
            return found, _id(path, *words)

    for text in (POINTS, COMMAS, _words(False)):
        now, before = ids(text)
        assert now == before
    found = [ids(_words(True), f"seed={seed}", f"dataset.split_seed={seed}") for seed in range(12)]
    assert 0 < sum(now != before for now, before in found) < 12, "as the word is in the training rows, or not"
    for text in ("2019,y\n" + "".join(f"{i},{i % 2}\n" for i in range(10)),
                 'a,y\n' + '"1,5",1\n"2,5",0\n' * 4):
        now, before = ids(text)
        assert now != before
    folds = [KFold(k=4, fold=fold) for fold in (None, 0, 1, 2, 3)]
    cfg = csv(_words(True), test=0)
    whole, *each = [any_unseen(cfg, read(cfg, "", print), fold, None, 0) for fold in folds]
    assert whole and sum(each) == 1 and np.array(each).dtype == bool
