"""JSON lines as tables and as texts, against the values that json.dumps was given."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.jsonl import JsonLines
from dlrun.data.sets.labelled_text import LabelledText
from dlrun.inference.labelled import labelled

ROWS = [{"a": 1.5, "n": 3, "code": "01", "on": "2024-01-05", "yes": True, "kind": "p"},
        {"a": None, "n": -1, "code": "1", "on": "2024-02-07", "yes": False, "kind": "q"},
        {"a": 1e-07, "n": 10**12, "code": None, "on": None, "yes": True, "kind": "q"},
        {"kind": "p", "a": 0.1, "n": 0, "code": "NA", "on": "2024-01-05", "yes": None}]


def written(path: Path, rows: list[Any]) -> Path:
    text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def refused(cfg: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read(cfg, "", lambda note: None)
    (problem,) = caught.value.problems
    return f"{problem.given}: {problem.expected}"


@pytest.mark.parametrize("name", ("t.jsonl", "t.ndjson.gz"))
def test_keys_are_columns_of_what_their_values_are(tmp_path, name):
    source = read(JsonLines(path=str(written(tmp_path / name, ROWS)), target="kind", indicator=False), "", print)
    nan = float("nan")
    days = [19727, 19760, nan, 19727]  # of 2024, from 1970 on
    months, of_month, weekdays = [1, 2, nan, 1], [5, 7, nan, 5], [4, 2, nan, 4]
    wanted = np.float32([[1.5, nan, 1e-7, 0.1], [3, -1, 1e12, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], days,
                         months, of_month, weekdays, [1, 0, 1, nan]]).T
    assert source.data_spec.features[2:5] == ("code=01", "code=1", "code=NA")
    assert np.array_equal(source.x, wanted, equal_nan=True) and source.y.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(("line", "says"), (
    ('{"a": 2, "kind": "p", "b": 1}', 'line 2 has "b"'), ('{"a": 2}', 'line 3 has no "kind", and line 2 has'),
    ('{"a": [2], "kind": "p"}', 'the column "a" holds a list in line 3'),
    ('{"a": {"b": 2}, "kind": "p"}', 'the column "a" holds an object in line 3'),
    ('{"a": 2, "a": 3, "kind": "p"}', 'the key "a" stands twice'), ('[2, "p"]', "line 3: expected an object"),
    ("null", "line 3: expected an object"), ('{"a": 2, "kind": "p"', "line 3: expected an object of JSON"),
    ("a,kind", "line 3: expected an object of JSON"), ("[" * 100_000, "line 3: expected an object of JSON"),
    ('{"a": 1' + "0" * 5000 + ', "kind": "p"}', "(a number of thousands of digits)"),
    ('{"a": 1e999, "kind": "p"}', 'line 3, column "a": inf is not a finite number'),
    ('{"a": "two", "kind": "p"}', "line 3, column \"a\": expected a number, as in 19 other rows, not 'two'")))
def test_what_is_no_row_is_a_sentence_with_its_line(tmp_path, line, says):
    rows: list[Any] = ["", {"a": 1, "kind": "q"}, line, *({"a": value / 4, "kind": "pq"[value % 2]}
                                                          for value in range(18))]
    if says.startswith('line 2 has "b"'):
        says = 'line 2 has no "b", and line 3 has'
    said = refused(JsonLines(path=str(written(tmp_path / "t.jsonl", rows)), target="kind"))
    assert says in said and len(said) < 400


@pytest.mark.parametrize(("row", "column"), (({"a": [2]}, "a"), ({"kind": {"q": 1}}, "kind"), ({"who": [1]}, "who")))
def test_a_new_file_with_one_value_that_is_no_cell_is_refused_as_in_training(tmp_path, row, column):
    rows = [{"a": value / 4, "kind": "pq"[value % 2], "who": f"p{value % 5}", "b": 1} for value in range(20)]
    cfg = JsonLines(path=str(written(tmp_path / "t.jsonl", rows)), target="kind", group="who", drop=("b",))
    new = written(tmp_path / "u.jsonl", [{**one, "who": "n", "b": []} for one in rows[:4]] + [
        {**rows[4], "who": "n", "b": 0, **row}])
    says = f'the column "{column}" holds {"an object" if column == "kind" else "a list"} in line 5; expected a number'
    assert says in refused(replace(cfg, test_path=str(new)))
    prepared = prepare(cfg, "", validation=None, train_size=None, seed=0, say=lambda note: None)
    kept = preprocessing.plain(prepared)
    with pytest.raises(ConfigError, match=says):
        labelled(kept, cfg, str(new), "", lambda note: None)
    if column == "a":
        with pytest.raises(ConfigError, match=says):
            preprocessing.of_table(kept, new, lambda note: None)
    else:  # what the run's inputs do not need may hold anything
        assert len(preprocessing.of_table(kept, new, lambda note: None)[1]) == 5


def test_a_nested_column_can_be_left_out(tmp_path):
    path = written(tmp_path / "t.jsonl", [{**row, "tags": [row["kind"]]} for row in ROWS])
    source = read(JsonLines(path=str(path), target="kind", drop=("tags", "on", "code"), indicator=False), "", print)
    assert source.data_spec.features == ("a", "n", "yes")


TEXTS = [{"id": 1, "text": "One, two\nthree!", "label": "x", "tags": []},
         {"id": 2, "text": "two", "label": "y", "tags": [1]}, {"id": 3, "text": "One 2", "label": "x", "tags": []}]


def words(cfg: LabelledText) -> tuple[list[list[str]], list[str]]:
    source = read(cfg, "", lambda note: None)
    rows = [[source.words[word] for word in source.data[slice(*span)]] for span in source.x.tolist()]
    return rows, [source.data_spec.classes[place] for place in source.y]


def test_a_text_and_its_class_are_named_by_their_keys(tmp_path):
    path = str(written(tmp_path / "t.jsonl", TEXTS))
    wanted = [["one", "two", "three"], ["two"], ["one", "2"]], ["x", "y", "x"]
    assert words(LabelledText(path=path, text="text", target="label")) == wanted
    (tmp_path / "t.csv").write_text('id,text,label\n1,"One, two\nthree!",x\n2,two,y\n3,One 2,x\n')
    assert words(LabelledText(path=str(tmp_path / "t.csv"), text="text", target="label")) == wanted
    two = [{key: row[key] for key in ("label", "text")} for row in TEXTS]
    assert words(LabelledText(path=str(written(tmp_path / "two.jsonl", two)))) == wanted


def test_texts_that_are_not_there_are_a_sentence(tmp_path):
    path = str(written(tmp_path / "t.jsonl", TEXTS))
    assert "expected  dataset.text=NAME and dataset.target=NAME  to name the texts" in refused(LabelledText(path=path))
    assert "did you mean  text" in refused(LabelledText(path=path, text="txt", target="label"))
    assert 'the column "tags" holds a list in line 1' in refused(LabelledText(path=path, text="tags", target="label"))
    assert "these are the classes" in refused(LabelledText(path=path, text="text", target="text"))
    path = str(written(tmp_path / "u.jsonl", [*TEXTS, {**TEXTS[0], "text": " "}]))
    assert 'line 4: expected a text in "text"' in refused(LabelledText(path=path, text="text", target="label"))


def test_test_rows_of_their_own_may_be_json_lines_too(tmp_path):
    train = written(tmp_path / "t.jsonl", TEXTS)
    test = written(tmp_path / "u.jsonl", [{"label": "y", "text": "three"}])
    source = read(LabelledText(path=str(train), test_path=str(test), text="text", target="label"), "", lambda note: 0)
    assert source.y_test.tolist() == [1] and source.words[source.data[source.x_test[0, 0]]] == "three"
    (tmp_path / "v.jsonl").write_text('{"label": "z", "text": "three"}\n')
    assert "line 1: 'z' is no class of the training rows" in refused(LabelledText(
        path=str(train), test_path=str(tmp_path / "v.jsonl"), text="text", target="label"))


@pytest.mark.parametrize("trained", ("csv", "jsonl"))
def test_true_and_false_are_the_same_cells_in_every_kind_of_file(tmp_path, trained):
    """A column and the target: 1 and 0 where a file knows them, texts in a text file."""
    rows = [{"on": place % 3 == 0, "a": place / 4, "kind": place % 2 == 0} for place in range(24)]
    written(tmp_path / "t.jsonl", rows)
    lines = [",".join(map(str, row.values())) for row in rows]
    (tmp_path / "t.csv").write_text("\n".join(["on,a,kind", *lines]) + "\n")
    kind = {"csv": Csv, "jsonl": JsonLines}
    cfg = kind[trained](path=str(tmp_path / f"t.{trained}"), target="kind", scale="none")
    prepared = prepare(replace(cfg, test=0.0), "", validation=None, train_size=None, seed=0, say=lambda note: None)
    kept, said = preprocessing.plain(prepared), []
    found = [labelled(kept, cfg, str(tmp_path / name), "", said.append).split for name in ("t.csv", "t.jsonl")]
    assert np.array_equal(found[0].x, found[1].x) and np.array_equal(found[0].y, found[1].y)
    assert found[0].x[:, 1 if trained == "csv" else 0].tolist() == [row["on"] for row in rows]  # on=True, or on
    assert not any("unknown" in note for note in said)
    assert [note for note in said if "false as 0" in note] == ([] if trained == "csv" else [
        't.csv: the column "on" is read as numbers, false as 0 and true as 1'])
    frame = preprocessing.of_rows(kept, ["on", "a"], [[str(int(row["on"])), str(row["a"])] for row in rows])
    assert np.array_equal(frame.x, found[0].x)


def test_test_rows_that_have_1_for_true_are_another_run(tmp_path):
    (tmp_path / "t.csv").write_text("on,a,kind\n" + "True,1,p\nFalse,2,q\n" * 6)
    test = written(tmp_path / "u.jsonl", [{"on": True, "a": 1, "kind": "p"}, {"on": False, "a": 1, "kind": "q"}])
    cfg = Csv(path=str(tmp_path / "t.csv"), target="kind")
    (tmp_path / "u.csv").write_text("on,a,kind\n1,1,p\n0,1,q\n")
    source = read(replace(cfg, test_path=str(tmp_path / "u.csv")), "", lambda note: None)
    assert source.data_spec.features == ("on=False", "on=True", "a") and source.revision > 1
    assert source.x_test[:, :2].tolist() == [[0, 1], [1, 0]]
    (tmp_path / "u.csv").write_text("on,a,kind\nTrue,1,p\nFalse,1,q\n")
    assert read(replace(cfg, test_path=str(tmp_path / "u.csv")), "", lambda note: None).revision == 1
    as_json = JsonLines(path=str(written(tmp_path / "t.jsonl", [{"on": "true", "a": 1, "kind": "p"}, {
        "on": "false", "a": 2, "kind": "q"}] * 4)), target="kind", test_path=str(test))
    assert read(as_json, "", lambda note: None).x_test[:, :2].tolist() == [[0, 1], [1, 0]]
    assert as_json.reading_revision(None) > 1
