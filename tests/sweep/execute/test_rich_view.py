"""The table of a sweep that lives on a terminal."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.record.plan import Job, Plan
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.rich_view import RichView
from dlrun.sweep.plan.status import JobState


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """The lines of a table on a terminal of so many columns, with one job that runs and eleven that wait."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LINES", "40")

    def draw(width: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        axes = {"model.width": [8, 32], "model.depth": [1, 2]}
        grid = [(w, d, seed) for w in (8, 32) for d in (1, 2) for seed in range(3)]
        common = ("model=gated", "dataset=csv", "dataset.path=plant.csv", "dataset.target=yield", "task.loss=logcosh")
        jobs = [Job(number, f"id{number}", f"x/{number}", seed, {"model.width": w, "model.depth": d}, common,
                    {"task": {"kind": "regress"}, "epochs": 10}) for number, (w, d, seed) in enumerate(grid, 1)]
        plan = Plan("gates", tmp_path, axes, [0, 1, 2], jobs)
        states = [JobState("waiting")] * len(jobs)
        pending = [PendingJob(job, tmp_path / job.folder, 1, state) for job, state in zip(jobs, states)]
        stream = io.StringIO()
        view = RichView(plan, states, pending, stream)
        view.close()
        view.began(pending[0])
        view.advanced(pending[0], {"event": "progress", "epochs": 5, "of": 10, "values": {"val/mae": 3.21}})
        before = stream.tell()
        view._console.print(view._table())
        drawn = re.sub("\033\\[[0-9;]*m", "", stream.getvalue()[before:])
        return [line.rstrip() for line in drawn.split("\n")]

    return draw


def test_in_a_narrow_terminal_the_number_of_a_metric_is_seen_and_the_caption_has_one_line(
        shown: Callable[[int], list[str]]) -> None:
    narrow, wide = shown(80), shown(180)
    assert max(map(len, narrow)) <= 80
    assert narrow[1].split()[-2:] == ["mae", "time"] and narrow[2].split()[-3] == "3.2100"
    assert wide[1].split()[-2:] == ["metric", "time"] and "val/mae 3.2100" in wide[2]
    assert narrow[14].startswith("12 jobs: 1 running, 11 waiting") and narrow[15] == ""
    assert "dataset.path=plant.csv" not in narrow[14] and "dataset.path=plant.csv" in wide[14]
