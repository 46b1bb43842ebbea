"""What tasks say of their metrics: which way each gets better, and what is a share."""

from __future__ import annotations

import pytest

from dlrun.record.metric import Metrics
from dlrun.registry import kinds

METRICS = Metrics()


@pytest.mark.parametrize("key", ["val/accuracy", "train/padded_accuracy", "train/real_accuracy", "val/fake_accuracy",
                                 "val/exact_match", "test/income_accuracy"])
def test_every_accuracy_is_to_rise_and_is_a_share(key: str) -> None:
    assert METRICS.of(key).direction == "max" and METRICS.of(key).share


@pytest.mark.parametrize("key", ["val/loss", "val/mae", "val/kl", "val/perplexity", "train/generator_loss", "test/mse",
                                 "val/mae_in_units", "val/age_mae_in_units", "val/age_mae", "val/income_loss"])
def test_losses_and_errors_are_to_fall_and_are_none(key: str) -> None:
    assert METRICS.of(key).direction == "min" and not METRICS.of(key).share


@pytest.mark.parametrize("key", ["train/distance", "samples/words_0.5", "samples/entropy_1", "val/whatever"])
def test_what_has_no_better_and_worse_has_no_direction(key: str) -> None:
    metric = METRICS.of(key)
    assert metric.direction is None and not metric.better(1.0, 2.0) and not metric.better(2.0, 1.0)


def test_an_error_in_units_stands_in_place_of_the_scaled_one() -> None:
    assert METRICS.of("interval_in_units").instead_of == "interval"
    for name in ("mae_in_units", "mae_scaled", "age_mae_in_units", "age_mae_scaled"):
        assert METRICS.of(name).minor, "mae says it"
    assert not METRICS.of("mae").minor and not METRICS.of("age_mae").minor


@pytest.mark.parametrize("kind", kinds("task"))
def test_a_task_is_judged_by_a_metric_of_its_own_that_it_finds_by_name(kind: str) -> None:
    task = kinds("task")[kind]()
    for metric in (*task.accumulated, *task.own, *task.further):
        assert task.metric_named(metric.name) == metric and metric.doc, metric
    assert task.primary in {metric.name for metric in (*task.own, *task.further)}
