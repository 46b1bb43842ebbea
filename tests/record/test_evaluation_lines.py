"""An evaluation as a table of text."""

from __future__ import annotations

from dlrun.record.evaluation_lines import evaluation_lines

ROW = {"level": 0.95, "data": "new.csv", "rows": 20, "over": "rows", "resamples": 0, "units": 20}


def metrics(**values: float) -> dict[str, dict[str, float]]:
    return {name: {"value": value} for name, value in values.items()}


def test_of_a_scaled_target_no_error_stands_twice_and_the_scaled_ones_are_named() -> None:
    found = metrics(loss=0.1, mse=0.24, mae=2.9, mae_scaled=0.4, mae_in_units=2.9)
    lines = evaluation_lines({**ROW, "metrics": found}, {}, "run")
    assert [line.split()[:-1] for line in lines[3:7]] == [["loss"], ["mse"], ["mae"], ["mae", "scaled"]]
    assert lines[7] == "" and "loss and mse are of the target as it was scaled for training" in "\n".join(lines)


def test_an_older_run_whose_mae_was_scaled_keeps_both() -> None:
    found = metrics(loss=0.1, mse=0.24, mae=0.4, mae_in_units=2.9)
    text = "\n".join(evaluation_lines({**ROW, "metrics": found}, {}, "run"))
    assert "2.9" in text and "0.4" in text and "scaled for training" not in text


def test_of_a_plain_target_nothing_is_said_of_scales() -> None:
    found = metrics(loss=0.1, mse=0.1, mae=0.2)
    assert "scaled" not in "\n".join(evaluation_lines({**ROW, "metrics": found}, {}, "run"))
