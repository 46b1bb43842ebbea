"""A sweep's process reads the rows of its jobs once, and holds those of one job at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dlrun.assembly import build_run
from dlrun.engine.processes import SINGLE, Processes
from tests.engine.make import config_of
from tests.sweep.sweeps import planned, run_here
from tests.whole.equal import assert_same_run

SMALL = ("model=dense", "model.hidden=[8]", "epochs=1", "max_steps=2")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The validation rows of what was read, each time."""
    found: list[int] = []
    prepare = build_run._prepared

    def noted(config, say):
        found.append(int(config.validation.size))
        return prepare(config, say)

    monkeypatch.setattr(build_run, "_prepared", noted)
    return found


def test_jobs_on_the_same_rows_read_them_once_and_are_the_jobs_that_they_are_alone(
        tmp_path: Path, read: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    own = ("validation=100,200", "optimizer.lr=0.1,0.01", *SMALL)
    plan, other = planned(tmp_path / "runs", *own), planned(tmp_path / "others", *own)
    assert run_here(plan) == 0
    assert len(plan.jobs) == 4 and read == [100, 200], "other rows are read when they come"
    assert Processes.last is None, "nothing is held when the sweep is over"
    monkeypatch.setattr(Processes, "keep_rows", lambda: None)
    assert run_here(other) == 0 and len(read) == 6
    for one, job in zip(plan.jobs, other.jobs, strict=True):
        assert_same_run(plan.run_folder(one), other.run_folder(job))


def test_what_was_read_is_forgotten_before_other_rows_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Processes, "last", None)
    Processes.keep_rows()
    last = SINGLE.read_before(config_of(*SMALL))
    assert last is not None
    last["these"] = 1
    Processes.keep_rows()
    assert last.get("these") == 1 and last.get("others") is None and not last


def test_code_of_the_users_own_reads_for_each_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Processes, "last", None)
    Processes.keep_rows()
    assert SINGLE.read_before(replace(config_of(*SMALL), allow=("mine",))) is None
