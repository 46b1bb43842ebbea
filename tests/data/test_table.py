"""A user's own table: what is found out, what is said."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.csv import Csv

FLOWERS = "length,colour,kind\n1.5,red,a\n2.5,blue,b\n,red,a\n4,?,b\n"


@pytest.fixture
def table(tmp_path):
    def write(text, name="t.csv", **cfg):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Csv(path=str(path), **{"target": "kind", "indicator": False, **cfg})

    return write


def _problem(cfg):
    with pytest.raises(ConfigError) as caught:
        dataset_info(cfg, "")
    (problem,) = caught.value.problems
    return f"{problem.given}: {problem.expected}"


def test_texts_become_columns_and_missing_cells_nan_or_zeros(table, said):
    source = read(table(FLOWERS), "", said.append)
    assert source.data_spec.features == ("length", "colour=blue", "colour=red")
    assert source.data_spec.classes == ("a", "b") and source.y.tolist() == [0, 1, 0, 1]
    assert np.array_equal(source.x, np.float32([[1.5, 0, 1], [2.5, 1, 0], [np.nan, 0, 1], [4, 0, 0]]), equal_nan=True)
    assert [column.missing for column in source.columns] == [1, 1]


@pytest.mark.parametrize("separator", [";", "\t", "|", " "])
def test_the_separator_is_found(table, separator):
    cfg = table(FLOWERS.replace(",?", ",NA").replace("\n,", "\nNA,").replace(",", separator))
    assert dataset_info(cfg, "").data_spec.features == ("length", "colour=blue", "colour=red")


def test_a_decimal_comma_is_read_where_it_does_not_separate(table):
    source = read(table("x;y;kind\n1,5;-2;1\n2,25;3,0e1;2\n0;,5;1\n1;1;2\n"), "", print)
    assert source.x.tolist() == [[1.5, -2], [2.25, 30], [0, 0.5], [1, 1]]


def test_a_comma_that_comes_as_often_as_another_mark_is_a_decimal_comma(table):
    source = read(table("1,5;2,5;a\n2,5;3,5;b\n0,5;1,5;a\n1,0;1,0;b\n", target="2"), "", print)
    assert source.x[:2].tolist() == [[1.5, 2.5], [2.5, 3.5]]


def test_quoted_cells_may_hold_separators_and_line_ends(table):
    source = read(table('x,word,kind\n1,"a, b",1\n2,"c\nd",2\n3,"a, b",1\n4,"c\nd",2\n'), "", print)
    assert source.data_spec.features == ("x", "word=a, b", "word=c\nd")


@pytest.mark.parametrize("text, target, rows", [
    ("1,2,0\n3,4,1\n5,6,0\n7,8,1\n", "2", 4),  # numbers from the first line on: no header
    ("a,b,c\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n", "c", 4),
    ("u,v\np,q\np,r\ns,q\ns,r\n", "u", 4),  # only words: the first line's never come again
    ("p,q\np,r\ns,q\ns,r\n", "0", 4),
])
def test_the_header_is_found(table, text, target, rows):
    assert dataset_info(table(text, target=target), "").rows == {"train": rows}


def test_the_target_is_named_or_numbered_from_either_end(table):
    for target in ("kind", "2", "-1"):
        assert dataset_info(table(FLOWERS, target=target), "").data_spec.classes == ("a", "b")


@pytest.mark.parametrize("values, kind, classes", [
    ([3, 1, 3, 1], "classes", ("1", "3")),
    ([1.0, 2.0, 1.0, 2.0], "classes", ("1", "2")),
    ([1, 2, 3, 3], "number", ()),  # 3 different in 4 rows
    ([0.5, 1.5, 0.5, 1.5], "number", ()),
    (list(range(21)) * 2, "number", ()),
    (list(range(20)) * 2, "classes", tuple(map(str, range(20)))),
])
def test_few_integers_are_classes_and_others_numbers(table, values, kind, classes):
    text = "x,kind\n" + "".join(f"{place},{value}\n" for place, value in enumerate(values))
    data_spec = dataset_info(table(text), "").data_spec
    assert (data_spec.target_kind, data_spec.classes) == (kind, classes)
    source = read(table(text), "", print)
    assert source.y.dtype == (np.int64 if classes else np.float32)
    assert [classes[y] for y in source.y] == [str(int(v)) for v in values] if classes else source.y.tolist() == values


IDS = ("7", "9007199254740993", "1234567890123456789", "1234567890123456790")


def test_classes_that_are_large_whole_numbers_are_told_apart_by_all_digits(table, said):
    text = "x,kind,b\n" + "".join(f"{place},{name.replace('7', '007') if name == '7' else name},{place % 2}\n"
                                  for place, name in enumerate(IDS * 3))
    source = read(table(text, drop=("b",)), "", said.append)
    assert source.data_spec.classes == IDS and source.y.tolist() == [0, 1, 2, 3] * 3 and source.revision > 1
    assert 't.csv: the classes in "kind" are told apart by all of their digits' in said
    both = read(table(text, target=("kind", "b"), targets=("classes", "number")), "", print)
    assert both.data_spec.heads[0].classes == IDS and both.y[:4].tolist() == [[0, 0], [1, 1], [2, 0], [3, 1]]
    number = read(table(text, targets="number"), "", print)
    assert number.y.tolist() == np.float32([*map(int, IDS)] * 3).tolist() and number.revision == 1


def test_classes_of_digits_that_floats_hold_are_read_as_before(table, said):
    text = "x,kind\n" + "".join(f"{place},{name}\n" for place, name in enumerate(("007", "7", "1e3", "9") * 3))
    source = read(table(text), "", said.append)
    assert source.data_spec.classes == ("7", "9", "1000") and source.revision == 1 and not said


def test_encodings_are_found(table):
    for data in ("\ufeffx,kind\n1,ä\n2,ö\n3,ä\n4,ö\n".encode(), "x,kind\n1,ä\n2,ö\n3,ä\n4,ö\n".encode("latin-1"),
                 gzip.compress("x,kind\n1,ä\n2,ö\n3,ä\n4,ö\n".encode())):
        cfg = table(data, name="t.csv.gz" if data[:2] == b"\x1f\x8b" else "t.csv")
        about = dataset_info(cfg, "").data_spec
        assert about.features == ("x",) and about.classes == ("ä", "ö")


def test_rows_without_a_target_and_columns_without_values_are_left_out_and_said(table, said):
    source = read(table("x,none,kind\n1,,a\n2,NA,\n3,,b\n4,nan,a\n5,?,b\n"), "", said.append)
    assert source.x.tolist() == [[1], [3], [4], [5]]
    assert said == [
        "t.csv: 1 rows without a target are left out (the first is line 3)",
        't.csv: the column "none" has no values and is left out',
    ]


def test_a_number_may_stand_for_missing_in_any_spelling(table):
    source = read(table("x;kind\n-200,0;a\n1;b\n-200;a\n3;b\n", missing=("-200",)), "", print)
    assert np.isnan(source.x[[0, 2]]).all() and source.x[1, 0] == 1


def test_missing_numbers_become_the_training_mean(table):
    rows = "".join(f"{'' if place % 4 == 0 else place},{place},{place % 2}\n" for place in range(40))
    prepared = prepare(table("x,same,kind\n" + rows), "", validation=None, train_size=None, seed=0, say=print)
    for split in (prepared.train, prepared.test):
        x, same = split.x.T  # the second column tells which row it was
        was_there = prepared.train.x[prepared.train.x[:, 1] % 4 != 0, 1]
        wanted = np.where(same % 4 == 0, np.float32(was_there.mean(dtype=np.float64)), same)
        assert np.array_equal(x, wanted) and (same % 4 == 0).any()
    assert np.allclose(prepared.scale(prepared.train.x)[prepared.train.x[:, 1] % 4 == 0, 0], 0, atol=1e-6)


def test_many_words_are_spoken_of(table, said):
    text = "day,kind\n" + "".join(f"day {place % 51},{place % 2}\n" for place in range(204))
    assert read(table(text), "", said.append).x.shape == (204, 51)
    assert said == ['t.csv: the column "day" becomes 51 columns, one a word; dataset.drop=[\'day\'] leaves it out']


@pytest.mark.parametrize("cell, wanted", [("1_0", "text"), ("nan", "number"), ("1e3", "number"), ("0x1", "text")])
def test_what_a_number_is(table, cell, wanted):
    source = read(table(f"x,kind\n1,a\n{cell},b\n3,a\n4,b\n"), "", print)
    assert source.columns[0].kind == wanted


def test_mistakes_are_said_with_their_place(table, tmp_path):
    assert _problem(table(FLOWERS, target="knid")) == "dataset.target=knid: no such column; did you mean  kind"
    assert "0 to 2" in _problem(table(FLOWERS, target="7"))
    assert "line 3 has 4" in _problem(table("x,y,kind\n1,2,a\n1,2,3,a\n3,4,b\n5,6,b\n"))
    assert "no rows" in _problem(table("x,kind\n", header=True)) and "no rows" in _problem(table("\n\n"))
    assert "'a' in every row" in _problem(table("x,kind\n1,a\n2,a\n"))
    assert "3 different texts in 4 rows" in _problem(table("x,kind\n1,a\n2,b\n3,c\n4,c\n"))
    assert "line 3" in _problem(table("x,kind\n1,a\ninf,b\n3,a\n4,b\n"))
    assert "binary" in _problem(table(b"PK\0\0\0"))
    assert "several columns" in _problem(table("kind,kind,x\na,b,1\nb,a,2\na,b,3\nb,a,4\n"))
    assert "no column is left" in _problem(table("x,kind\n1,a\n2,b\n3,a\n4,b\n", drop=("x",)))
    dates = "day,kind\n" + "".join(f"day {place},{place % 2}\n" for place in range(60))
    assert "dataset=labelled_text" in _problem(table(dates))
    (tmp_path / "flowers.csv").write_text(FLOWERS)
    absent = _problem(Csv(path=str(tmp_path / "flower.csv"), target="kind"))
    assert absent.endswith(f"did you mean  {tmp_path}/flowers.csv")


def test_air_quality_is_read_as_its_publisher_describes_it(real, said):
    path = real("air_quality/AirQualityUCI.csv")
    cfg = Csv(path=str(path), target="C6H6(GT)", drop=("Date", "Time"), missing=("-200",),
              indicator=False)
    source = read(cfg, "", said.append)
    lines = path.read_text().splitlines()[1:9358]
    benzene = np.array([line.split(";")[5].replace(",", ".") for line in lines], np.float32)
    assert np.array_equal(source.y, benzene[benzene != -200])
    assert source.x.shape == (8991, 12) and source.data_spec.target_kind == "number"
    assert np.nanmin(source.x) > -200


def test_boston_is_the_same_from_text_and_from_npz(real):
    from dlrun.data.sets.npz import Npz

    text = read(Csv(path=str(real("boston_housing/housing.data")), target="13"), "", print)
    arrays = read(Npz(path=str(real("keras/boston_housing.npz"))), "", print)
    assert text.x.shape == (506, 13) and np.array_equal(text.x, arrays.x) and np.array_equal(text.y, arrays.y)
