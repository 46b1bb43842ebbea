"""A target that is scaled for training is shown and told in its own unit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.preflight.preflight import preflight
from dlrun.record import plots, predicted
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.record.older import result_in_units


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, ...]]:
    """What the plots of numbers were given, by the file's name."""
    given: dict[str, tuple[Any, ...]] = {}

    def noted(real: Callable[..., None]) -> Callable[..., None]:
        def draw(path: Path, *what: Any) -> None:
            given[path.stem] = what
            real(path, *what)

        return draw

    for room, name in ((predicted, "save_predictions"), (plots, "save_forecast")):
        monkeypatch.setattr(room, name, noted(getattr(room, name)))
    return given


def test_a_forecast_is_drawn_in_the_targets_unit(go, tmp_path: Path, drawn: dict[str, tuple[Any, ...]]) -> None:
    level = 500 + np.random.default_rng(0).normal(size=200).cumsum()
    (tmp_path / "s.csv").write_text("level\n" + "\n".join(f"{value:.3f}" for value in level) + "\n")
    outcome = go("dataset=series", "dataset.path=s.csv", "dataset.target=level", "dataset.lookback=5",
                 "model=last_value", "dataset.test=50", "validation=0.2")
    test = level[-50:]
    for name in ("predictions", "forecast"):
        true, predicted, told, unit = drawn[name]
        assert (told, unit) == ("level", "")
        np.testing.assert_allclose(true, test[5:], atol=2e-3)
        np.testing.assert_allclose(predicted, test[4:-1], atol=2e-3)
    assert np.abs(true - predicted).mean() == pytest.approx(outcome.result["test"]["mae"], rel=1e-3)


def test_an_error_of_a_scaled_target_is_in_its_unit_in_every_epoch_and_at_the_end(go, tmp_path: Path) -> None:
    rows = [f"{n},{1000 + 3 * n % 40:.1f}" for n in range(80)]
    (tmp_path / "t.csv").write_text("x,size\n" + "\n".join(rows) + "\n")
    outcome = go("dataset=csv", "dataset.path=t.csv", "dataset.target=size", "dataset.targets=number",
                 "dataset.target_scale=standard", "model=linear", "epochs=2")
    deviation = float(np.std([1000 + 3 * n % 40 for n in range(80)]))
    for row in read(outcome.folder / "metrics.jsonl"):
        for key in ("train/mae", "val/mae"):
            assert row[key] == row[f"{key}_in_units"] == pytest.approx(row[f"{key}_scaled"] * deviation, rel=0.3)
    assert outcome.result["test"]["mae"] > 2 > outcome.result["test"]["mae_scaled"]


def test_what_an_earlier_version_wrote_is_read_in_the_same_unit(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    old = {"mae": 0.5, "mae_in_units": 4.0}
    (tmp_path / "metrics.jsonl").write_text(json.dumps({"epoch": 1, **{f"val/{key}": old[key] for key in old}}) + "\n")
    (tmp_path / "result.json").write_text(json.dumps({
        "status": "finished", "config": {}, "test": old, "val_std": old, "folds": [{"fold": 0, "val": old}],
        "metrics": {"mae": {"label": "mae"}, "mae_in_units": {"label": "in units"}}}))
    new = {"mae": 4.0, "mae_in_units": 4.0, "mae_scaled": 0.5}
    assert read(folder.metrics) == [{"epoch": 1, **{f"val/{key}": new[key] for key in new}}]
    found = folder.result()
    assert found is not None and found["test"] == found["val_std"] == found["folds"][0]["val"] == new
    assert set(found["metrics"]) == {"mae", "mae_in_units"}, "names alone"
    assert result_in_units(found) == found, "once is enough"


@pytest.mark.parametrize(("overrides", "another"), [
    ([], False), (["early_stop.monitor=val/mae"], True), (["schedule=plateau", "schedule.monitor=train/mae"], True),
    (["early_stop.monitor=val/mae_in_units"], False)])
def test_only_a_run_that_watches_the_error_of_a_scaled_target_is_another(overrides: list[str], another: bool) -> None:
    for scale in ("standard", "none"):
        config = preflight(["dataset=diabetes", "model=linear", f"dataset.target_scale={scale}", *overrides]).config
        assert config.task.read_revision(config) == (2 if another and scale == "standard" else 1)


def test_a_number_among_several_targets_is_too(go, tmp_path: Path, drawn: dict[str, tuple[Any, ...]]) -> None:
    rows = [f"{n},{1000 + 3 * n % 40:.1f},{'ab'[n % 2]}" for n in range(80)]
    (tmp_path / "t.csv").write_text("x,size,kind\n" + "\n".join(rows) + "\n")
    go("dataset=csv", "dataset.path=t.csv", "dataset.target=[size,kind]", "dataset.targets=[number,classes]",
       "dataset.target_scale=standard", "model=majority")
    true, predicted, told, _ = drawn["predictions-size"]
    assert told == "size" and true.min() >= 999.99 and np.ptp(predicted) == 0 and 1000 < predicted[0] < 1040
