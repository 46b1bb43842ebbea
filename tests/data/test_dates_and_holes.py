"""Dates become numbers, and what is missing has a column that says so: in training and for new rows alike."""

from __future__ import annotations

import calendar
import datetime
from pathlib import Path

import numpy as np
import pytest

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.data import preprocessing_state
from dlrun.data.formats.dates import PARTS, numbers_of, seconds
from dlrun.data.prepare import PreparedData, prepare
from dlrun.data.read import read
from dlrun.data.sets.csv import Csv
from dlrun.preflight.preflight import preflight

SALES = "when,size,y\n" + "".join(
    f"2024-{month:02d}-{day:02d} {day % 24:02d}:00,{'' if day == 5 else day},{month * day}.5\n"
    for month in (1, 2, 7) for day in range(1, 29))


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    (tmp_path / "s.csv").write_text(SALES)
    return tmp_path / "s.csv"


def test_the_parts_of_a_date_are_those_of_pythons_calendar() -> None:
    days = [datetime.datetime(*day) for day in ((1969, 12, 31, 23, 59), (2000, 2, 29), (2024, 7, 31, 7, 30))]
    moments = np.array([calendar.timegm(day.timetuple()) for day in days] + [np.nan])
    for part, of in (("day number", lambda d: d.toordinal() - 719163), ("year", lambda d: d.year),
                     ("month", lambda d: d.month), ("day of month", lambda d: d.day),
                     ("weekday", lambda d: d.weekday()), ("hour", lambda d: d.hour), ("minute", lambda d: d.minute)):
        found = numbers_of(part, moments)
        assert found[:3].tolist() == [of(day) for day in days] and np.isnan(found[3]), part
    assert len(PARTS) == 7


@pytest.mark.parametrize(("cell", "day"), [
    ("2024-05-31", (2024, 5, 31)), ("2024/5/3 16:30", (2024, 5, 3, 16, 30)), ("31.5.2024", (2024, 5, 31)),
    ("2024-05-31T00:00:07.25Z", (2024, 5, 31, 0, 0, 7)), ("2024-02-30", None), ("5/6/2024", None), ("20240531", None),
    ("2024-05", None), ("31.5.2024x", None)])
def test_only_what_is_surely_a_date_is_one(cell: str, day: tuple[int, ...] | None) -> None:
    expected = None if day is None else calendar.timegm(datetime.datetime(*day).timetuple())
    assert seconds(cell) == expected


def test_a_table_with_dates_and_holes_becomes_numbers(sales: Path, said: list[str]) -> None:
    source = read(Csv(path=str(sales), target="y"), "", said.append)
    assert source.data_spec.features == ("when day number", "when month", "when day of month", "when weekday",
                                         "when hour", "size", "size is missing")
    row = source.x[4]  # the 5th of January 2024, a Friday
    assert row[:5].tolist() == [datetime.date(2024, 1, 5).toordinal() - 719163, 1, 5, 4, 5]
    assert np.isnan(row[5]) and source.x[:, 6].tolist() == [float(n % 28 == 4) for n in range(84)]
    assert any("dates become numbers" in note for note in said) and any('"size" (3 rows)' in note for note in said)


def prepared_rows(path: Path) -> PreparedData:
    return prepare(Csv(path=str(path), target="y"), "", validation=None, train_size=None, seed=0, say=lambda n: None)


def test_they_are_scaled_and_filled_and_the_indicator_is_not(sales: Path) -> None:
    prepared = prepared_rows(sales)
    x = prepared.scale(prepared.train.x)
    assert np.allclose(x[:, :6].mean(0), 0, atol=1e-3) and set(x[:, 6].tolist()) == {0, 1}
    assert np.allclose(x[x[:, 6] == 1, 5], 0, atol=1e-5)  # the mean stands in


def test_new_rows_are_read_as_in_training(sales: Path) -> None:
    prepared = prepared_rows(sales)
    kept = preprocessing_state.plain(prepared)
    found = preprocessing_state.of_rows(kept, ["size", "when"], [["", "2024-01-05 05:00"], ["5", "5.1.2024 5:00"]]).x
    whole = read(Csv(path=str(sales), target="y"), "", lambda n: None).x[4]
    assert found[:, :5].tolist() == [whole[:5].tolist()] * 2 and found[:, 6].tolist() == [1, 0]
    assert found[0, 5] == pytest.approx(prepared.stand_in[5]) and found[1, 5] == 5
    with pytest.raises(ConfigError, match='the column "when" expects a date'):
        preprocessing_state.of_rows(kept, ["size", "when"], [["1", "yesterday"]])


def test_each_is_one_key_and_only_tables_with_dates_or_holes_are_other_runs(sales: Path, tmp_path: Path) -> None:
    def run_id(text: str, *words: str) -> str:
        (tmp_path / "t.csv").write_text(text)
        mine = ["dataset=csv", f"dataset.path={tmp_path / 't.csv'}", "dataset.target=y", "model=dense"]
        return identity(preflight([*mine, *words]).config)

    plain = "a,y\n" + "".join(f"{n},{n}.5\n" for n in range(30))
    hole = plain.replace("\n3,", "\n,")
    dates = "when,a,y\n" + "".join(f"2024-01-0{n % 3 + 1},{n},{n}.5\n" for n in range(30))
    assert run_id(plain) == "a2ba59b217"  # of dlrun before
    assert len({run_id(hole), run_id(hole, "dataset.indicator=false")}) == 2
    assert len({run_id(dates), run_id(dates, "dataset.dates=false")}) == 2
    features = read(Csv(path=str(tmp_path / "t.csv"), target="y", dates=False), "", lambda n: None).data_spec.features
    assert features == ("when=2024-01-01", "when=2024-01-02", "when=2024-01-03", "a")
