"""Numbers of a curve."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from dlrun.report.derived import curve, onset, reading
from dlrun.report.run import Run


@pytest.mark.parametrize(("losses", "epoch"), [
    ([0.5, 0.4, 0.3, 0.35, 0.4], 3), ([0.5, 0.4, 0.3, 0.2], 4), ([0.3, 0.31, 0.299, 0.298], 1),
    ([0.5, 0.3, 0.4, 0.29], 4), ([0.5, 0.3, 0.4, 0.2999], 2), ([1.0], 1), ([-1.0, -2.0, -1.5], 2)])
def test_overfitting_begins_where_the_loss_falls_no_more(losses: list[float], epoch: int) -> None:
    assert onset(losses) == epoch


def run(folder: Path, status: str = "finished") -> Run:
    rows = [{"epoch": e, "step": 10 * e, "val/loss": loss, "val/accuracy": (4 + e) / 10, "train/accuracy": 0.6}
            for e, loss in enumerate([0.5, 0.3, 0.4], 1)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = {"test": {"accuracy": 0.7}, "seconds": 2.5, "parameters": 9, "baseline": {"value": 0.11},
              "test_at": {"2": {"accuracy": 0.65}}}
    return Run(folder, "a", {}, status, result=result)


@pytest.mark.parametrize(("metric", "value"), [
    ("test/accuracy", 0.7), ("val@2/loss", 0.3), ("val@9/loss", None), ("lowest/val/loss", 0.3),
    ("highest/val/accuracy", 0.7), ("onset/val/loss", 2.0), ("train@1/accuracy", 0.6), ("seconds", 2.5),
    ("parameters", 9.0), ("baseline", 0.11), ("test@2/accuracy", 0.65), ("lowest/test/none", None),
    ("val@x/loss", None), ("steps@0.55/val/accuracy", 20.0), ("steps@0.9/val/accuracy", math.inf),
    ("steps@1e-3/val/loss", math.inf), ("steps@0.9/val/none", None),
    ("steps@0.4/val/loss", 20.0), ("steps@x/val/loss", None)])
def test_a_number_is_read_by_its_name(tmp_path: Path, metric: str, value: float | None) -> None:
    found = reading(run(tmp_path), metric)
    assert found is None if value is None else found == pytest.approx(value)


@pytest.mark.parametrize(("metric", "value"), [
    ("val@1/mape", None), ("val@2/mape", 5.0), ("val@3/mape", 7.0), ("val@4/mape", None), ("onset/val/mape", 2.0)])
def test_an_epoch_is_found_by_its_number_where_one_before_has_none(tmp_path: Path, metric: str, value: float | None
                                                                   ) -> None:
    rows = [{"epoch": e, "step": 10 * e, "val/mape": found} for e, found in enumerate([None, 5.0, 7.0], 1)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert reading(Run(tmp_path, "a", {}, "finished"), metric) == value


def test_a_run_that_failed_has_no_numbers(tmp_path: Path) -> None:
    assert reading(run(tmp_path, "diverged"), "val@1/loss") is None
    assert curve(run(tmp_path), "val/none") == []
