"""Tables in Parquet files, against the values that pyarrow was given."""

from __future__ import annotations

import datetime as dt
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.parquet import Parquet
from dlrun.data.sets.series import Series

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
KIND = ["p", "q", "p", "q", "p", "q"]


def table(folder: Path, name: str = "t.parquet", /, **columns: Any) -> Path:
    parquet.write_table(pyarrow.table(columns), folder / name)
    return folder / name


def of(path: Path, **cfg: Any) -> Parquet:
    return Parquet(path=str(path), **{"target": "kind", "indicator": False, **cfg})


def refused(cfg: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read(cfg, "", lambda note: None)
    (problem,) = caught.value.problems
    return f"{problem.given}: {problem.expected}"


def test_numbers_of_every_width_are_those_that_were_written(tmp_path):
    values = [1, 0, None, -3, 100, 7]
    kinds = [pyarrow.int8(), pyarrow.int64(), pyarrow.float16(), pyarrow.float32(), pyarrow.float64()]
    made = {f"c{place}": pyarrow.array(values, pyarrow.float32()).cast(kind) for place, kind in enumerate(kinds)}
    made["money"] = pyarrow.array([None if value is None else Decimal(value) / 4 for value in values])
    made["yes"] = pyarrow.array([None if value is None else value > 0 for value in values])
    made["third"] = pyarrow.array([value / 3 for value in range(6)], pyarrow.float64())
    source = read(of(table(tmp_path, **made, kind=KIND)), "", print)
    column = np.array(values, np.float32)
    wanted = np.stack([*[column] * 5, column / 4, np.where(np.isnan(column), np.nan, column > 0),
                       np.arange(6) / 3], 1).astype(np.float32)
    assert np.array_equal(source.x, wanted, equal_nan=True)
    assert source.data_spec.classes == ("p", "q") and source.y.tolist() == [0, 1] * 3


def test_a_text_that_looks_like_a_number_or_a_missing_value_is_a_text(tmp_path):
    source = read(of(table(tmp_path, code=["01067", "1067", None, "01067", "", "1067"],
                           country=["NA", "DE", "NA", None, "?", "DE"], kind=KIND)), "", print)
    assert source.data_spec.features == ("code=01067", "code=1067", "country=?", "country=DE", "country=NA")
    assert source.x[:, :2].tolist() == [[1, 0], [0, 1], [0, 0], [1, 0], [0, 0], [0, 1]]
    assert source.x[:, 4].tolist() == [1, 0, 1, 0, 0, 0]


def test_categories_are_categories_of_numbers_too_and_an_index_is_no_column(tmp_path):
    made = pyarrow.table({"grade": [3, 1, 3, 1, 2, None], "kind": KIND, "__index_level_0__": list(range(6))})
    about = {"columns": [{"name": "grade", "pandas_type": "categorical"}], "index_columns": ["__index_level_0__"]}
    parquet.write_table(made.replace_schema_metadata({"pandas": json.dumps(about)}), tmp_path / "t.parquet")
    assert read(of(tmp_path / "t.parquet"), "", print).data_spec.features == ("grade=1", "grade=2", "grade=3")
    cfg = of(table(tmp_path, colour=pyarrow.array(["b", "a", "b", None, "a", "a"]).dictionary_encode(), kind=KIND))
    assert read(cfg, "", print).data_spec.features == ("colour=a", "colour=b")


def test_texts_are_classes_though_they_are_digits_and_rows_without_a_class_are_left_out(tmp_path, said):
    cfg = of(table(tmp_path, a=list(range(7)), kind=["01", "1", None, "1", "01", "NA", "NA"]))
    source = read(cfg, "", said.append)
    assert source.data_spec.classes == ("01", "1", "NA") and source.x[:, 0].tolist() == [0, 1, 3, 4, 5, 6]
    assert "1 rows without a target are left out (the first is row 3)" in said[0]


def test_dates_and_times_are_parts_by_the_clock_of_their_zone(tmp_path, said):
    at = [dt.datetime(2024, 1, day, 23, 30, tzinfo=dt.timezone.utc) for day in range(1, 7)]
    made = table(tmp_path, day=[moment.date() for moment in at], kind=KIND,
                 berlin=pyarrow.array(at, pyarrow.timestamp("ns", "Europe/Berlin")),
                 text=[moment.strftime("%Y-%m-%d %H:%M") for moment in at])
    source = read(of(made), "", said.append)
    parts = dict(zip(source.data_spec.features, source.x.T.tolist()))
    days = [(moment.date() - dt.date(1970, 1, 1)).days for moment in at]
    assert parts["day day number"] == days == parts["text day number"]
    assert parts["berlin day number"] == [day + 1 for day in days]  # half past midnight
    assert "dates become numbers" in said[0]


@pytest.mark.parametrize(("name", "column", "holds"), (
    ("list", pyarrow.array([[1.0, 2.0]] * 6), "list<"), ("struct", pyarrow.array([{"a": 1}] * 6), "struct<"),
    ("bytes", pyarrow.array([b"x"] * 6), "binary"), ("span", pyarrow.array([dt.timedelta(1)] * 6), "duration"),
    ("far", pyarrow.array([2**55] * 6, pyarrow.timestamp("ms")), "")))
def test_what_is_no_cell_is_refused_by_name_and_can_be_left_out(tmp_path, name, column, holds):
    path = table(tmp_path, a=list(range(6)), **{name: column}, kind=KIND)
    said = refused(of(path))
    assert f'the column "{name}" ' in said and holds in said and f"dataset.drop=['{name}'] leaves it out" in said
    assert read(of(path, drop=(name,)), "", print).data_spec.features == ("a",)


def test_new_rows_with_a_time_that_is_none_are_refused_as_in_training(tmp_path):
    prepared = prepare(of(table(tmp_path, a=list(range(6)), at=[dt.datetime(2024, 1, day) for day in range(1, 7)],
                                kind=KIND)), "", validation=None, train_size=None, seed=0, say=lambda note: None)
    new = table(tmp_path, "new.parquet", a=[1, 2], at=pyarrow.array([0, 2**55], pyarrow.timestamp("ms")))
    with pytest.raises(ConfigError, match='the column "at" .*; expected a number, a text or a date in each row$'):
        preprocessing.of_table(preprocessing.plain(prepared), new, lambda note: None)


def test_a_damaged_file_and_one_without_rows_are_a_sentence(tmp_path):
    whole = table(tmp_path, a=list(range(6)), kind=KIND).read_bytes()
    for number, data in enumerate((b"", whole[:-9], whole[:40] + b"\xff" * 40 + whole[80:], b"a,kind\n1,p\n")):
        (tmp_path / f"{number}.parquet").write_bytes(data)
        assert "it can't be read as a Parquet file (" in refused(of(tmp_path / f"{number}.parquet"))
    assert "has no rows" in refused(of(table(tmp_path, a=pyarrow.array([], pyarrow.int8()), kind=pyarrow.array(
        [], pyarrow.string()))))


def test_more_rows_than_fit_into_memory_are_refused_by_what_the_file_says(tmp_path, monkeypatch):
    path = table(tmp_path, a=list(range(6)), kind=KIND)
    monkeypatch.setattr("dlrun.data.formats.parquet.memory", lambda: 6 * 2 * 64 - 1)
    assert "it has 6 rows of 2 columns, more than fits into memory" in refused(of(path))


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    path = table(tmp_path, a=list(range(6)), kind=KIND)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "it needs pyarrow:  pip install 'dlrun[parquet]'" in refused(of(path))


@pytest.mark.parametrize("trained", ("csv", "parquet"))
def test_new_rows_are_read_alike_from_either_file(tmp_path, trained):
    made = {"a": [0.5, 1.25, None, 2.0, 4.5, 3.0], "on": [f"2024-01-0{day}" for day in range(1, 7)],
            "colour": ["red", "blue", "red", "red", None, "blue"], "kind": KIND}
    rows = [",".join("" if cell is None else str(cell) for cell in row) for row in zip(*made.values())]
    (tmp_path / "t.csv").write_text("\n".join([",".join(made), *rows]) + "\n")
    days = pyarrow.array([dt.date.fromisoformat(day) for day in made["on"]])
    path = table(tmp_path, **{**made, "on": days})
    cfg = of(path) if trained == "parquet" else Csv(path=str(tmp_path / "t.csv"), target="kind", indicator=False)
    prepared = prepare(cfg, "", validation=None, train_size=None, seed=0, say=lambda note: None)
    state = preprocessing.plain(prepared)
    found = [preprocessing.of_table(state, file, lambda note: None)[1].x for file in (path, tmp_path / "t.csv")]
    source = read(cfg, "", lambda note: None)
    assert np.array_equal(found[0], found[1]) and np.array_equal(
        found[0], np.where(np.isnan(source.x), prepared.stand_in, source.x))


def test_a_series_may_lie_in_parquet(tmp_path):
    values = np.arange(40) / 8
    path = table(tmp_path, at=[f"2024-01-01 {hour // 60:02}:{hour % 60:02}" for hour in range(40)], level=values)
    source = read(Series(path=str(path), target="level"), "", lambda note: None)
    assert source.data_spec.features == ("level",) and source.x[:, 0].tolist() == values.tolist()


def test_a_file_is_known_before_its_arrays_are_made(tmp_path):
    info = dataset_info(of(table(tmp_path, a=list(range(6)), kind=KIND)), "")
    assert info.data_spec.features == ("a",) and info.rows == {"train": 6}
