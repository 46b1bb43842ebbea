"""A report on real runs, trained here: its numbers are those of the runs' own files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from dlrun.cli.main import main


def test_a_sweep_that_was_trained_is_reported_with_its_own_numbers(
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "-m model=dense optimizer=adam,sgd seed=0,1,2 epochs=2 threads=1 device=cpu verbosity=0 launcher=inline"
    assert main(arguments.split()) == 0
    capsys.readouterr()
    (sweep,) = (folder / "runs" / "sweeps").iterdir()
    assert main(["report", str(sweep), "versus=sgd"]) == 0
    assert "versus sgd" in capsys.readouterr().out
    measured: dict[str, list[float]] = {"adam": [], "sgd": []}
    for place in sorted(folder.glob("runs/digits-*/*/result.json")):
        result = json.loads(place.read_text())
        measured[result["config"]["optimizer.name"]].append(result["test"]["accuracy"])
    assert [len(values) for values in measured.values()] == [3, 3]
    (table,) = json.loads((sweep / "reports" / "report.json").read_text())["tables"]
    for row in table["rows"]:
        values = measured[row["labels"]["optimizer"]]
        assert sorted(run["value"] for run in row["runs"]) == sorted(values)
        half = stats.t.ppf(0.975, 2) * np.std(values, ddof=1) / np.sqrt(3)
        assert row["summary"]["half_width_95"] == pytest.approx(half)
    assert any("optimizer.lr 0.001 (adam), 0.01 (sgd)" in note for note in table["notes"])
    page = (sweep / "reports" / "report.html").read_text(encoding="utf-8")
    assert page.count("<polyline") == 8  # two rows, four measures
