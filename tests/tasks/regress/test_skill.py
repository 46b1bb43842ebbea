"""Forecasts against the last value and the value one season before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.season import season_of
from tests.whole.equal import rows

DRAW = np.random.default_rng(5)


@pytest.mark.parametrize(("series", "season"), [
    (np.sin(np.arange(600) * 2 * np.pi / 24), 24),
    (np.sin(np.arange(600) * 2 * np.pi / 24) + 0.5 * DRAW.normal(size=600), 24),
    (np.tile([0.0, 0, 0, 0, 0, 5, 3], 60) + 0.01 * np.arange(420), 7),
    (DRAW.normal(size=600), 0), (np.arange(600.0), 0), (np.ones(600), 0), (np.arange(3.0), 0)])
def test_a_season_is_found_where_there_is_one(series: np.ndarray, season: int) -> None:
    assert season_of(series) == season


@pytest.mark.parametrize("scaled", ["standard", "none"])
def test_skills_are_those_by_hand(scaled: str, go, tmp_path: Path) -> None:
    level = 100 + 10 * np.sin(np.arange(360) * 2 * np.pi / 12) + DRAW.normal(size=360)
    (tmp_path / "s.csv").write_text("level\n" + "\n".join(f"{value:.5f}" for value in level) + "\n")
    outcome = go("dataset=series", "dataset.path=s.csv", "dataset.target=level", "dataset.lookback=6",
                 "dataset.delay=3", f"dataset.target_scale={scaled}", "model=last_value", "dataset.test=90")
    test, found = level[-90:], outcome.result["naive_forecasts"]
    begins = np.arange(90 - 9)  # a window of six steps, the target three steps after the last
    true = test[begins + 5 + 3 + 1]
    last = np.abs(test[begins + 5] - true).mean()
    assert found["last_value"]["mae"] == pytest.approx(last, rel=1e-4)
    assert outcome.result["test"]["skill"] == pytest.approx(0, abs=1e-4), "the model is the naive forecast"
    there = begins + 9 >= 12
    seasonal = np.abs(test[(begins + 9 - 12)[there]] - true[there]).mean()
    assert found["seasonal"] == {"season": 12, "mae": pytest.approx(seasonal, rel=1e-4)}
    own = np.abs(test[begins + 5] - true)[there].mean()
    assert outcome.result["test"]["seasonal_skill"] == pytest.approx(1 - own / seasonal, rel=1e-3)
    assert "skill" in outcome.result["val"]
    from dlrun.cli.route import route
    from dlrun.record import evaluations

    assert route(["evaluate", str(outcome.folder), "resamples=20"]) == 0
    found = evaluations.read(outcome.folder)[0]["metrics"]
    assert found["seasonal_skill"]["value"] == pytest.approx(1 - own / seasonal, rel=1e-3)
    assert found["seasonal_skill"]["low"] < found["seasonal_skill"]["value"] < found["seasonal_skill"]["high"]


def test_a_run_is_stopped_by_its_skill_and_a_table_has_none(go, tmp_path: Path) -> None:
    level = np.sin(np.arange(200) / 3)
    (tmp_path / "s.csv").write_text("level\n" + "\n".join(f"{value:.5f}" for value in level) + "\n")
    outcome = go("dataset=series", "dataset.path=s.csv", "dataset.target=level", "dataset.lookback=6", "model=dense",
                 "model.hidden=[4]", "epochs=3", "early_stop.monitor=val/skill", "early_stop.patience=2")
    curve = [row["val/skill"] for row in rows(outcome.folder)]
    assert len(curve) == 3 and outcome.result["best"]["epoch"] == curve.index(max(curve)) + 1
    with pytest.raises(ConfigError, match="expected a series; diabetes has no last value"):
        go("dataset=diabetes", "model=dense", "epochs=3", "early_stop.monitor=val/skill", "early_stop.patience=2")
    with pytest.raises(ConfigError, match="expected a series; diabetes has no last value"):
        go("dataset=diabetes", "model=dense", "epochs=3", "task.metrics=[mape,seasonal_skill]")
