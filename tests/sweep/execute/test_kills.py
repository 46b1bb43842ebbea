"""A sweep that is killed, workers and parent, at any moment, ends as the one that nobody disturbed."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from dlrun.record.plan import Plan
from tests.sweep.sweeps import checkpoints, kill, planned, run_here, start, start_afresh, workers
from tests.whole.equal import assert_same_run

OVERRIDES = ["model=softmax", "epochs=12", "checkpoint_seconds=0"]


def finished(plan: Plan) -> dict[int, tuple[int, str]]:
    """When each finished job's result was written, and what it is."""
    found = {}
    for job in plan.jobs:
        path = plan.run_folder(job) / "result.json"
        try:
            content = path.read_text()
        except FileNotFoundError:
            continue
        if json.loads(content)["status"] == "finished":
            found[job.number] = (path.stat().st_mtime_ns, content)
    return found


def disturb(plan: Plan, kills: int, log: Path, dice: random.Random, begin=start) -> None:
    """Run a plan to its end through so many kills; begun again after each that hit the sweep itself."""
    done: dict[int, tuple[int, str]] = {}
    process = begin(plan, log)
    hit = {"parent": 0, "worker": 0}
    while sum(hit.values()) < kills:
        before, patience = checkpoints(plan), time.monotonic() + 20
        while checkpoints(plan) == before and process.poll() is None and time.monotonic() < patience:
            time.sleep(0.005)
        time.sleep(dice.uniform(0.0, 0.3))
        assert process.poll() is None, f"the sweep ended before its last kill: make it longer\n{log.read_text()}"
        training = workers(process, log)
        if not training:  # what was written came from workers of a sweep that was killed before
            continue
        if hit["worker"] < hit["parent"] or hit["worker"] == hit["parent"] and dice.random() < 0.5:
            kill(dice.choice(training))
            hit["worker"] += 1
        else:
            process.kill()
            process.wait()
            hit["parent"] += 1
            if dice.random() < 0.5:  # sometimes at once, while the old workers still save what they have
                time.sleep(dice.uniform(0.0, 1.0))
            process = begin(plan, log)
        now = finished(plan)
        for number, (written, content) in done.items():
            assert now[number] == (written, content), f"job {number} was done and was touched again"
        done = now
    assert process.wait() == 0, log.read_text()
    assert hit["worker"] and hit["parent"]
    for number, then in done.items():
        assert finished(plan)[number] == then
    assert not workers(process, log)


def compare(jobs: list[str], kills: int, tmp_path: Path, begin=start) -> None:
    whole = planned(tmp_path / "whole", *OVERRIDES, *jobs)
    assert run_here(whole) == 0
    killed = planned(tmp_path / "killed", *OVERRIDES, *jobs)
    disturb(killed, kills, tmp_path / "log-killed", random.Random(), begin)
    for one, other in zip(whole.jobs, killed.jobs):
        assert one.id == other.id
        assert_same_run(whole.run_folder(one), killed.run_folder(other))
        started = json.loads((killed.run_folder(other) / "provenance.json").read_text())
        assert [row["epoch"] for row in map(json.loads, (killed.run_folder(other) / "metrics.jsonl").open())] \
            == list(range(1, 13)), started
    assert tables(whole) == tables(killed)


def tables(plan: Plan) -> dict[str, list[list[str]] | str]:
    """The written tables, what was measured of time and memory aside."""
    folder = plan.folder / "reports"
    rows = [line.split(",") for line in (folder / "table.csv").read_text().splitlines()]
    keep = [place for place, head in enumerate(rows[0]) if "second" not in head and head != "peak_memory"]
    return {"csv": [[row[place] for place in keep] for row in rows],
            **{name: (folder / name).read_text() for name in ("table.md", "table.tex")}}


def test_a_sweep_of_which_a_worker_and_the_parent_are_killed_ends_with_the_same_bits(tmp_path: Path) -> None:
    compare(["seed=range(4)"], 2, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_24_jobs_killed_twenty_times(tmp_path: Path) -> None:
    compare(["optimizer=sgd,adam,rmsprop", "optimizer.lr=0.01,0.001", "seed=range(4)"], 20, tmp_path, start_afresh)
