"""Each schedule's rates against sequences worked out by hand; the plateau's factor is state."""

from __future__ import annotations

import math

import pytest

from dlrun.config.problem import ConfigError
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.schedules._base import Schedule
from dlrun.engine.schedules.constant import Constant
from dlrun.engine.schedules.cosine import Cosine
from dlrun.engine.schedules.exponential import Exponential
from dlrun.engine.schedules.inverse_time import InverseTime
from dlrun.engine.schedules.plateau import Plateau
from dlrun.engine.schedules.step import Step
from dlrun.preflight.preflight import preflight
from dlrun.record.metric import Direction
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run, rows

SMALL = ["dataset=digits", "model=softmax", "batch_size=400", "early_stop=none"]  # 3 steps an epoch


def rates(config: Schedule, steps: int, lr: float = 0.8, per_epoch: int = 2, total: int = 6) -> list[float]:
    rate = LearningRate(config, lr, per_epoch, total)
    return [rate.at(step) for step in range(steps)]


@pytest.mark.parametrize(("config", "wanted"), [
    (Constant(), [0.8] * 6),
    (Step(every=2, factor=0.5), [0.8, 0.8, 0.8, 0.8, 0.4, 0.4]),
    (Step(every=1, factor=0.1), [0.8, 0.8, 0.08, 0.08, 0.008, 0.008]),
    (Exponential(factor=0.5), [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]),
    (InverseTime(decay=0.5), [0.8, 0.8 / 1.5, 0.4, 0.8 / 2.5, 0.8 / 3, 0.8 / 3.5]),
    # total 6 steps: angles 0, 36, 72, 108, 144, 180 degrees
    (Cosine(), [0.8, 0.4 * (1 + 0.8090169943749475), 0.4 * (1 + 0.3090169943749474),
                        0.4 * (1 - 0.3090169943749474), 0.4 * (1 - 0.8090169943749475), 0.0]),
    (Cosine(final=0.25), [0.8, 0.2 + 0.3 * 1.8090169943749475, 0.2 + 0.3 * 1.3090169943749474,
                                  0.2 + 0.3 * 0.6909830056250526, 0.2 + 0.3 * 0.1909830056250525, 0.2]),
    (Constant(warmup=4), [0.2, 0.4, 0.6, 0.8, 0.8, 0.8]),
    (Exponential(factor=0.5, warmup=4), [0.2, 0.4, 0.3, 0.4, 0.2, 0.2]),
    (Plateau(warmup=2), [0.4, 0.8, 0.8, 0.8, 0.8, 0.8]),
])
def test_the_rates_of_a_schedule(config: Schedule, wanted: list[float]) -> None:
    assert rates(config, 6) == pytest.approx(wanted, rel=1e-12, abs=1e-15)


def test_cosine_stays_at_its_end_and_takes_a_run_of_one_step() -> None:
    assert rates(Cosine(final=0.5), 9)[5:] == pytest.approx([0.4] * 4)
    assert rates(Cosine(), 1, total=1) == [0.8]


def plateau(values: list[float], direction: Direction = "min", **given: float) -> list[float]:
    """The rate of the epoch after each value of the watched metric."""
    config = Plateau(**{"factor": 0.1, "patience": 2, "min_delta": 0.0, **given})
    rate, after = LearningRate(config, 1.0, 1, 100, direction), []
    for value in values:
        rate.epoch({config.monitor: value})
        after.append(rate.at(0))
    return after


def test_the_plateau_never_raises_the_rate_that_a_phase_has_changed() -> None:
    schedule = Plateau(patience=1, min_lr=0.001, min_delta=1e9)
    state = schedule.first_state() | {"plateau_factor": 0.01, "best": 1.0}
    schedule.after_epoch(state, {"val/loss": 1.0}, 0.01)  # the lowest factor is 0.1 there
    assert state["plateau_factor"] == 0.01
    with pytest.raises(ConfigError, match=r"schedule.min_lr=0.1 +a phase begins at lr=0.01 \(epoch 2\)"):
        preflight(["dataset=iris", "model=dense", "optimizer=sgd", "optimizer.lr=1", "schedule=plateau",
                   "schedule.min_lr=0.1", "epochs=3", "phases=[{epoch: 2, lr: 0.01}]"])


def test_the_plateau_lowers_the_rate_as_keras_does() -> None:
    # best 3, then 1, 2 epochs without improvement: lowered; the count starts again
    assert plateau([3, 4, 3, 4, 4, 2, 2, 2]) == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001])
    assert plateau([3, 2.95, 2.9, 2.85, 2.8], min_delta=0.1) == pytest.approx([1, 1, 0.1, 0.1, 0.1])
    assert plateau([1, 1, 1, 1, 1, 1, 1], min_lr=0.05) == pytest.approx([1, 1, 0.1, 0.1, 0.05, 0.05, 0.05])
    assert plateau([0.5, 0.6, 0.7, 0.7, 0.7], "max", monitor="val/accuracy") == pytest.approx([1, 1, 1, 1, 0.1])
    assert plateau([math.nan, math.nan, math.nan]) == pytest.approx([1, 0.1, 0.1])


def test_the_plateaus_factor_is_state_and_its_hyperparameters_are_not() -> None:
    rate = LearningRate(Plateau(patience=1, factor=0.5), 0.8, 1, 100)
    for value in (3.0, 3.0, 3.0):
        rate.epoch({"val/loss": value})
    other = LearningRate(Plateau(patience=2, factor=0.1), 0.4, 1, 100)
    state = rate.state()
    other.load(state)
    assert state == {}, "every key was read"
    assert other.at(0) == pytest.approx(0.4 * 0.25)
    other.epoch({"val/loss": 3.0})
    assert other.at(0) == pytest.approx(0.4 * 0.25)
    other.epoch({"val/loss": 3.0})
    assert other.at(0) == pytest.approx(0.4 * 0.025)


def test_metrics_name_the_rate_that_was_used(go) -> None:
    outcome = go(*SMALL, "schedule=exponential", "schedule.factor=0.5", "optimizer=sgd", "optimizer.lr=0.4", "epochs=3")
    assert [row["train/lr"] for row in rows(outcome.folder)] == pytest.approx([0.4, 0.2, 0.1])


def test_a_plateau_survives_an_interruption(go) -> None:
    overrides = [*SMALL, "schedule=plateau", "schedule.patience=1", "schedule.min_delta=10", "schedule.factor=0.5",
                 "optimizer=sgd", "optimizer.lr=0.4", "epochs=5"]
    whole = go(*overrides, "output_dir=whole")
    # The first loss is the best, and nothing after it is better by 10.
    assert [row["train/lr"] for row in rows(whole.folder)] == pytest.approx([0.4, 0.4, 0.2, 0.1, 0.05])
    with signalled_after(10):
        assert go(*overrides, "output_dir=again").result["status"] == "interrupted"
    again = go(*overrides, "output_dir=again")
    assert_same_run(whole.folder, again.folder)


@pytest.mark.parametrize("step", [5, 6])
def test_the_recorded_rate_is_right_when_the_last_step_of_an_epoch_was_the_last_before_a_stop(go, step: int) -> None:
    overrides = [*SMALL, "schedule=exponential", "schedule.factor=0.5", "optimizer=sgd", "optimizer.lr=0.4", "epochs=2"]
    with signalled_after(step):
        assert go(*overrides).exit_code == 143
    assert [row["train/lr"] for row in rows(go(*overrides).folder)] == pytest.approx([0.4, 0.2])
