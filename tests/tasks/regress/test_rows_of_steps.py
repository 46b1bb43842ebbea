"""Arrays (rows, steps, features) with a number each are no windows of one series: nothing is forecast."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.config.problem import ConfigError


@pytest.fixture
def sums(tmp_path):
    x = np.random.default_rng(0).standard_normal((200, 6, 3)).astype(np.float32)
    np.savez(tmp_path / "sums.npz", x_train=x, y_train=x[:, :, 0].sum(1))
    return ["dataset=npz", f"dataset.path={tmp_path / 'sums.npz'}", "dataset.layout=series", "task=regress"]


@pytest.mark.parametrize("model", ["gru", "dense", "majority"])
def test_they_are_measured_against_the_mean_of_the_training_targets(model: str, sums: list[str], go) -> None:
    run = go(*sums, f"model={model}", "max_steps=5")
    assert run.result["status"] == "finished"
    assert run.result["baseline"]["says"] == "the mean of the training targets"
    assert "naive_forecasts" not in run.result
    assert not (run.folder / "pictures" / "forecast.png").exists()


def test_their_last_value_is_no_model(sums: list[str], go) -> None:
    with pytest.raises(ConfigError, match="it forecasts a number of a series"):
        go(*sums, "model=last_value")
