"""How long the rest of a sweep takes, where its rows are not of one size."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.record.plan import Job, Plan
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.progress import Progress
from dlrun.sweep.execute.time_left import Portion, seconds_left
from dlrun.sweep.plan.status import JobState

DONE, HALF, WAITS = (1.0, 0.0), (0.5, 0.5), (0.0, 1.0)


def job(shape: str, spent: float, state: tuple[float, float], steps: int = 0) -> Portion:
    return Portion(shape, steps, spent, *state)


def test_nothing_is_known_before_a_part_of_a_job_is_made() -> None:
    assert seconds_left([job("a", 3.0, WAITS), job("a", 0.0, WAITS)], 3.0) is None
    assert seconds_left([], 3.0) is None
    assert seconds_left([job("a", 0.0, DONE), job("a", 0.0, WAITS)], 0.0) is None  # found done, in no time


def test_jobs_of_one_shape_go_as_fast_as_before() -> None:
    jobs = [job("a", 10.0, DONE), job("a", 8.0, HALF), job("a", 0.0, WAITS), job("a", 0.0, WAITS)]
    assert seconds_left(jobs, 10.0) == pytest.approx(10.0 / 1.5 * 2.5)  # two side by side
    assert seconds_left(jobs, 18.0) == pytest.approx(18.0 / 1.5 * 2.5)  # one after another


def test_each_shape_takes_its_own_time() -> None:
    jobs = [job("small", 1.0, DONE), job("large", 50.0, HALF), job("large", 0.0, WAITS), job("small", 0.0, WAITS)]
    assert seconds_left(jobs, 51.0) == pytest.approx(50.0 + 100.0 + 1.0)


def test_a_shape_that_has_not_begun_takes_its_steps() -> None:
    jobs = [job("short", 2.0, DONE, steps=10), job("long", 0.0, WAITS, steps=400)]
    assert seconds_left(jobs, 2.0) == pytest.approx(80.0)
    unsaid = [job("short", 2.0, DONE), job("long", 0.0, WAITS, steps=400)]
    assert seconds_left(unsaid, 2.0) == pytest.approx(2.0)  # the mean, where steps are not known of all


def test_a_search_asks_for_jobs_of_the_mean_size() -> None:
    jobs = [job("a", 2.0, DONE), job("b", 6.0, DONE)]
    assert seconds_left(jobs, 8.0, unknown=3) == pytest.approx(12.0)


def test_what_a_job_had_done_before_does_not_count_as_made_here() -> None:
    assert seconds_left([job("a", 5.0, (0.1, 0.4))], 5.0) == pytest.approx(20.0)


def test_the_rows_of_a_sweep_are_told_apart_and_seeds_and_rates_are_not(tmp_path: Path) -> None:
    now = [100.0]
    configs = [{"model": {"units": units}, "optimizer": {"lr": lr}, "seed": seed, "epochs": 4}
               for units in (8, 512) for lr, seed in ((0.1, 0), (0.01, 1))]
    jobs = [Job(number, f"id{number}", f"x/{number}", config["seed"], {}, (), config)  # type: ignore[arg-type]
            for number, config in enumerate(configs, 1)]
    pending = [PendingJob(one, tmp_path / one.folder, 1, JobState("waiting")) for one in jobs]
    progress = Progress(Plan("mine", tmp_path, {}, [0, 1], jobs), [JobState("waiting")] * 4, pending, lambda: now[0])

    def advance(one: PendingJob, epochs: int) -> None:
        message: Message = {"event": "progress", "epochs": epochs, "of": 4, "values": {"train/loss": 1.0}}
        progress.advanced(one, message)

    assert progress.time_left() == ""
    progress.began(pending[0])
    now[0] += 3.0
    progress.ended(pending[0], JobState("finished"))
    progress.began(pending[2])  # a row of another size
    now[0] += 60.0
    advance(pending[2], 2)
    assert progress.seconds_left() == pytest.approx(60.0 + 3.0 + 120.0)
    now[0] += 60.0
    progress.ended(pending[2], JobState("finished"))
    assert progress.seconds_left() == pytest.approx(3.0 + 120.0)
    progress.began(pending[3])
    progress.runs_elsewhere(pending[3], "process 7 trains it")
    assert progress.seconds_left() == pytest.approx(3.0 + 120.0)
