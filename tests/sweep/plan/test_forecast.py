"""How long a sweep will take, from results written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlrun.config.flat import flatten
from dlrun.record.folder import RunFolder, write_json
from dlrun.record.plan import Job, Plan
from dlrun.sweep.plan.forecast import Forecast, forecast
from dlrun.sweep.plan.plan_text import plan_lines
from dlrun.sweep.plan.status import read_job

OVERRIDES = ["model=dense", "epochs=10", "batch_size=100"]  # 12 steps an epoch of digits


def of(plan: Plan) -> Forecast:
    return forecast(plan, [read_job(plan.run_folder(job)) for job in plan.jobs])


def write(folder: Path, job: Job, seconds: float, status: str = "finished", **config: Any) -> None:
    write_json(folder / "result.json", {"status": status, "seconds": seconds, "steps": job.steps,
                                        "config": {**flatten(job.config), **config}})


def test_nothing_is_known_before_a_run_has_finished(plan) -> None:
    made = plan(*OVERRIDES, "seeds=3")
    assert of(made) == Forecast(None, "unknown until the first job ends")
    write(made.run_folder(made.jobs[0]), made.jobs[0], 5.0, "failed")
    write(made.run_folder(made.jobs[1]), made.jobs[1], 5.0, "diverged")
    assert of(made).seconds is None


def test_runs_of_the_same_shape_tell_the_time_whatever_their_seed_rate_and_dropout(plan) -> None:
    made = plan(*OVERRIDES, "optimizer.lr=0.1,0.01", "model.dropout=0,0.5", "seeds=2")
    for job, seconds in zip(made.jobs[:3], (4.0, 5.0, 9.0)):
        write(made.run_folder(job), job, seconds)
    told = of(made)
    assert told.seconds == pytest.approx(5 * 5.0)  # their median, for the five that are left
    assert told.basis == "from runs of the same shape"


def test_longer_runs_of_the_shape_take_longer_by_their_steps(plan) -> None:
    made = plan(*OVERRIDES[:1], "batch_size=100", "epochs=10,20,40")
    write(made.run_folder(made.jobs[0]), made.jobs[0], 6.0)
    assert of(made).seconds == pytest.approx(12.0 + 24.0)


def test_runs_of_other_shapes_tell_it_roughly_by_their_steps(plan) -> None:
    made = plan(*OVERRIDES, "model.hidden=[8],[512]", "device=cpu")
    write(made.output_dir / "other" / "x", made.jobs[0], 3.0, **{"model.hidden": [64]})
    told = of(made)
    assert told.seconds == pytest.approx(6.0) and told.basis.startswith("by the steps of like runs")


def test_of_other_shapes_those_that_differ_least_tell_it(plan) -> None:
    [job] = (made := plan(*OVERRIDES, "model.hidden=[512]", "device=cpu")).jobs
    near, far = {"model.hidden": [64]}, {"model.hidden": [64], "model.batch_norm": True, "precision": "bf16"}
    for name, seconds, other in (("a", 3.0, near), ("b", 90.0, far), ("c", 90.0, far), ("d", 5.0, near)):
        write(made.output_dir / "other" / name, job, seconds, **other)
    assert of(made).seconds == pytest.approx(4.0)


@pytest.mark.parametrize(("rate", "told"), [(0.2, "from runs of the same shape"),
                                            (0.0, "by the steps of like runs, roughly")])
def test_masks_of_states_cost_time_whatever_their_rate(plan, rate: float, told: str) -> None:
    made = plan("dataset=imdb", "model=gru", "model.recurrent_dropout=0.5", "epochs=2", "seeds=1")
    write(made.output_dir / "other" / "x", made.jobs[0], 3.0, **{"model.recurrent_dropout": rate})
    assert of(made).basis == told


@pytest.mark.parametrize("other", [{"model.kind": "cnn"}, {"dataset.kind": "mnist"}])
def test_runs_of_another_model_or_of_other_data_tell_nothing(plan, other: dict[str, str]) -> None:
    made = plan(*OVERRIDES, "model.hidden=[8],[512]", "device=cpu")
    write(made.output_dir / "other" / "x", made.jobs[0], 3.0, **{"model.hidden": [64]}, **other)
    assert of(made).seconds is None


@pytest.mark.parametrize(("trained", "told"), [
    ({"model.unfreeze": [1]}, False), ({"model.freeze": []}, False), ({"augment.flip_horizontal": True}, False),
    ({"model.hidden": [64]}, True)])
def test_a_base_that_sees_each_step_tells_nothing_of_one_that_sees_each_row_once(
        plan, trained: dict[str, Any], told: bool) -> None:
    made = plan("model=pretrained", "model.base=efficientnet_lite0", "dataset=cifar10", "epochs=10", "batch_size=100",
                "model.hidden=[8],[32]")
    write(made.output_dir / "other" / "x", made.jobs[0], 9000.0, **trained)
    assert (of(made).seconds == pytest.approx(18000.0)) is told and (of(made).seconds is None) is not told


def test_what_an_interrupted_run_has_done_is_not_done_again(plan) -> None:
    made = plan(*OVERRIDES, "seeds=2")
    write(made.output_dir / "other" / "x", made.jobs[0], 10.0)
    folder = RunFolder(made.run_folder(made.jobs[0])).make()
    folder.last.write_bytes(b"")
    folder.metrics.write_text("".join(f'{{"epoch": {epoch}, "step": {12 * epoch}}}\n' for epoch in range(1, 9)))
    assert of(made).seconds == pytest.approx(0.2 * 10.0 + 10.0)


def test_what_is_done_takes_no_time_and_what_failed_counts_only_if_it_is_tried_again(plan) -> None:
    made = plan(*OVERRIDES, "seeds=2", "retry=failed")
    write(made.run_folder(made.jobs[0]), made.jobs[0], 10.0)
    write(made.run_folder(made.jobs[1]), made.jobs[1], 1.0, "failed")
    assert of(made).seconds == pytest.approx(10.0)
    assert forecast(made, [read_job(made.run_folder(job)) for job in made.jobs], retry=False) == Forecast(0.0, "")


def test_a_broken_result_of_another_run_tells_nothing(plan) -> None:
    made = plan(*OVERRIDES, "seeds=2")
    path = made.output_dir / "other" / "x" / "result.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    assert of(made).seconds is None


def test_packs_are_told_by_packs_and_jobs_without_them_by_jobs_that_were_alone(plan) -> None:
    made = plan(*OVERRIDES, "seeds=6")
    states = [read_job(made.run_folder(job)) for job in made.jobs]

    def told() -> Forecast:
        return forecast(made, states, packed={job.number for job in made.jobs})

    assert told() == Forecast(None, "unknown until the first pack has ended", True, None)
    write(made.output_dir / "other" / "alone", made.jobs[0], 10.0)
    assert told() == Forecast(None, "unknown until the first pack has ended", True, 60.0)
    write(made.output_dir / "other" / "packed", made.jobs[0], 2.0)
    write_json(made.output_dir / "other" / "packed" / "provenance.json", {"pack": {"slots": 6, "slot": 0}})
    assert told() == Forecast(12.0, "from runs of the same shape", True, 60.0)
    assert forecast(made, states) == Forecast(60.0, "from runs of the same shape")
    [line] = [line for line in plan_lines(made, states, told()) if line.startswith("time")]
    assert line.endswith("about 12 s of training (from runs of the same shape); "
                         "without packs about 1 min 00 s, one job after another")
