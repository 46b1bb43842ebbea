"""A metric is written by what it is, and described in result.json so that it stays known without its task."""

from __future__ import annotations

import json

from dlrun.record.metric import Metric, Metrics, metrics_of

GAIN = Metric("gain_x", "the gain", "kWh", "max", plain=False)


def test_numbers() -> None:
    loss = Metric("loss")
    assert [loss.text(value) for value in (0.0, 2e-4, 0.5, 512.3, 12345.678, 5e7, None, 7)] == [
        "0.0000", "2.000e-04", "0.5000", "512.30", "12345.7", "5.000e+07", "nan", "7"]
    assert Metric("balanced_accuracy", share=True).text(0.9999, 2) == "99.99 %"


def test_what_a_result_stores_is_all_that_a_report_needs() -> None:
    stored = json.loads(json.dumps(Metrics([GAIN]).stored()))
    assert stored["gain_x"] == {"label": "the gain", "unit": "kWh", "direction": "max", "share": False, "plain": False}
    known = metrics_of({"metrics": stored, "config": {"task.kind": "no_longer_installed"}})
    assert known.of("val/gain_x") == GAIN
    assert known.sentence({"gain_x": 0.5, "note": "text"}) == "the gain 0.5000"


def test_an_older_result_is_read_by_what_its_task_says() -> None:
    known = metrics_of({"config": {"task.kind": "multi_output"}})
    assert known.of("test/income_accuracy").share and known.of("loss").direction == "min"


def test_what_a_later_dlrun_stores_beside_is_passed_over() -> None:
    assert metrics_of({"metrics": {"a": {"label": "A", "colour": "red"}}}).of("a").title == "A"


def test_of_two_descriptions_the_first_counts() -> None:
    mine, other = Metrics([Metric("a", direction="max")]), Metrics([Metric("a"), Metric("b", share=True)])
    assert mine.joined(other).of("a").direction == "max" and mine.joined(other).of("b").share
