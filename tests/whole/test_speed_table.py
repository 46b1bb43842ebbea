"""The table of docs/speed.md shows the figures that `make benchmark-speed` has kept, and the benchmark runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.speed import BEGIN, END, FIGURES, page, table
from tests.helpers.compiler import needs_compiler
from tests.helpers.documents import ROOT

PAGE = FIGURES.with_suffix(".md")


def test_the_page_shows_the_figures_that_were_measured() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, json.loads(FIGURES.read_text(encoding="utf-8"))) == text


def test_a_missed_goal_is_said_and_machines_have_tables_of_their_own() -> None:
    row = {"what": "a step", "limit": 0.75, "value": 0.8, "unit": "", "other": "", "conditions": "clock", "met": False}
    figures = {name: {"machine": machine, "seconds": 90.0, "rows": [row]}
               for name, machine in (("one", "A"), ("two", "B"), ("three", "A"))}
    shown = table(figures)
    assert shown.count("| a step | 0.75 | 0.80 | missed | clock |") == 3
    assert shown.count("On A; 3 minutes.") == shown.count("On B; 2 minutes.") == 1


@pytest.mark.slow
@needs_compiler
def test_every_measurement_runs_and_keeps_its_rows(tmp_path: Path, real_data: Path) -> None:
    shutil.copy(PAGE, tmp_path)
    figures = tmp_path / "speed.json"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DLRUN_DATA": str(real_data), "DLRUN_CACHE": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-m", "benchmarks.speed", "--tiny", "--figures", str(figures)],
                          cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kept = json.loads(figures.read_text(encoding="utf-8"))
    rows = [row for found in kept.values() for row in found["rows"]]
    assert len(rows) > 20 and all(row["value"] > 0 and row["conditions"] for row in rows)
    shown = (tmp_path / "speed.md").read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    assert all(row["what"] in shown for row in rows)
    assert any("compiled" in row["conditions"] for row in kept["boston-sweep"]["rows"])
