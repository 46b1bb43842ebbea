"""Rows that lie in time (`dataset.order`): the last ones are the test rows, those before them the validation rows."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.prepare import prepare
from dlrun.data.prepared import PreparedData
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.npz import Npz
from dlrun.preflight.preflight import preflight

STORED = np.random.default_rng(0).permutation(40)  # the time of each row as it is stored


@pytest.fixture
def path(tmp_path: Path) -> Path:
    days = [date(2023, 1, 20) + timedelta(days=10 * int(time)) for time in STORED]
    lines = [f"{time},{day},{day.day}.{day.month}.{day.year},{time % 2},{time},{time * 1.5}"
             for time, day in zip(STORED, days)]
    (tmp_path / "t.csv").write_text("\n".join(["time,day,written,y,same,known", *lines]) + "\n")
    return tmp_path / "t.csv"


def prepared(dataset: Any, size: float = 0.25) -> PreparedData:
    return prepare(dataset, "", validation=Holdout(size), train_size=None, seed=3, say=lambda line: None)


@pytest.mark.parametrize("order", ["time", "day", "written"])
def test_the_last_rows_are_the_test_rows_and_those_before_validation(path: Path, order: str) -> None:
    drop = tuple(name for name in ("time", "day", "written") if name != order)
    found = prepared(Csv(path=str(path), target="known", order=order, drop=(*drop, "y"), scale="none"))
    times = {name: split.x[:, -1].tolist() for name, split in found.splits.items()}
    assert times == {"train": list(range(24)), "val": list(range(24, 32)), "test": list(range(32, 40))}


def test_what_later_rows_have_other_values_of_is_no_input(path: Path) -> None:
    cfg = Csv(path=str(path), target="y", order="day", drop=("time", "written", "same", "known"))
    found = prepared(cfg)
    assert found.data_spec.features == ("day month", "day day of month", "day weekday")
    assert any('in the order of "day"' in note for note in found.notes)
    by_number = Csv(path=str(path), target="y", order="time", drop=("written", "same", "known"))
    assert all(name.startswith("day") for name in prepared(by_number).data_spec.features)


@pytest.mark.parametrize("changed, order, expected", [
    ("soon", "day", "numbers or of dates"), ("", "day", "line 3 has no value"), ("2023-05-01", "dya", "did you mean"),
    ("2023-05-01", "y", "this is the target")])
def test_a_column_that_is_no_time_is_refused(path: Path, changed: str, order: str, expected: str) -> None:
    lines = path.read_text().splitlines()
    cells = lines[2].split(",")
    path.write_text("\n".join([*lines[:2], ",".join([cells[0], changed, *cells[2:]]), *lines[3:]]) + "\n")
    with pytest.raises(ConfigError, match=expected):
        Csv(path=str(path), target="y", order=order).info("")


@pytest.mark.parametrize("more, given", [
    (["validation=kfold"], "validation.kind=kfold"),
    (["validation={size: 0.2, take: random}"], "validation.take=random"),
    (["dataset.split_seed=1"], "dataset.split_seed=1"), (["dataset.group=written"], "dataset.group=written")])
def test_what_draws_rows_is_refused_beside_it(path: Path, more: list[str], given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        preflight(["dataset=csv", f"dataset.path={path}", "dataset.target=y", "dataset.order=day", "model=dense",
                   *more])
    assert [one.given for one in caught.value.problems] == [given]
    assert "dataset.order=day" in caught.value.problems[0].expected


@pytest.mark.parametrize("times", [STORED, STORED * 1.5, np.datetime64("2023-01-20") + STORED])
def test_an_array_of_the_file_says_the_order(tmp_path: Path, times: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", x=STORED[:, None], y=STORED % 2, when=times)
    found = prepared(Npz(path=str(tmp_path / "a.npz"), order="when", scale="none"))
    assert found.test is not None and found.test.x[:, 0].tolist() == list(range(32, 40))
    assert found.val is not None and found.val.x[:, 0].tolist() == list(range(24, 32))


def test_rows_of_a_test_file_come_after_validation_rows_in_their_order(path: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("same,y,day\n99,1,2025-01-01\n98,0,2025-01-02\n")
    cfg = Csv(path=str(path), target="y", order="day", drop=("written", "time", "known"), scale="none",
              test_path=str(tmp_path / "new.csv"))
    found = prepared(cfg)
    assert found.val is not None and found.val.x[:, -1].tolist() == list(range(30, 40))
    assert found.test is not None and found.test.x[:, -1].tolist() == [99, 98]
