"""Quantile regression: the loss against scikit-learn, intervals that hold as many rows as they say."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import mean_pinball_loss

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight
from dlrun.tasks._base.batch import Batch
from dlrun.tasks.quantile.task import QuantileTask
from tests.tasks.make import measured

RNG = np.random.default_rng(0)
SHARES = (0.1, 0.5, 0.9)


def test_the_loss_is_the_mean_of_scikit_learns_pinball_losses() -> None:
    outputs, y = RNG.normal(size=(50, 3)), RNG.normal(size=50)
    found = measured(QuantileTask(SHARES), torch.nn.Identity(), Batch(torch.tensor(outputs), torch.tensor(y), 50))
    hand = [mean_pinball_loss(y, outputs[:, place], alpha=share) for place, share in enumerate(SHARES)]
    assert found["loss"] == pytest.approx(np.mean(hand), rel=1e-6)


def test_crossing_quantiles_are_put_in_order() -> None:
    outputs = torch.tensor([[3.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
    found = measured(QuantileTask(SHARES), torch.nn.Identity(), Batch(outputs, torch.tensor([2.5, 1.0]), 2))
    assert (found["coverage"], found["interval"]) == (0.5, 1.0)


def test_the_prior_makes_the_loss_least() -> None:
    y = torch.tensor(RNG.gamma(2.0, size=999)).float()
    task = QuantileTask(SHARES)
    best = task.prior(y, 3)
    assert best.tolist() == pytest.approx(np.quantile(y.numpy(), SHARES).tolist(), rel=1e-6)

    def loss(outputs: torch.Tensor) -> float:
        return float(task.loss("model", torch.nn.Identity(), Batch(outputs.expand(999, 3), y, 999))[0])

    assert all(loss(best) < loss(best + step * torch.eye(3)[place]) for place in range(3) for step in (-0.1, 0.1))


@pytest.fixture
def heights(tmp_path: Path) -> str:
    """Numbers around 3 x whose spread grows with x, from 0.5 to 2.5; the middle 80 % are 2.56 spreads wide."""
    x = RNG.uniform(0, 2, 1500)
    y = 3 * x + (0.5 + x) * RNG.normal(size=1500)
    lines = [f"{a:.4f},{b:.4f}" for a, b in zip(x, y)]
    (tmp_path / "heights.csv").write_text("x,height\n" + "\n".join(lines) + "\n")
    return str(tmp_path / "heights.csv")


def test_intervals_hold_what_they_say_and_are_predicted_in_columns(go, heights: str, tmp_path: Path, capsys) -> None:
    outcome = go("dataset=csv", f"dataset.path={heights}", "dataset.target=height", "dataset.targets=number",
                 "dataset.test=0.2", "task=quantile", "model=dense", "model.hidden=[16]", "epochs=60",
                 "optimizer.lr=0.01")
    result = outcome.result
    assert 0.7 < result["test"]["coverage"] < 0.9 and result["test"]["loss"] < 0.8 * result["baseline"]["loss"]
    assert result["baseline"]["says"] == "the quantiles of the training targets"
    assert result["metrics"]["coverage"]["share"] is True
    assert Image.open(outcome.folder / "pictures" / "intervals.png").size == (600, 500)
    (tmp_path / "new.csv").write_text("x\n0.1\n1.9\n")
    capsys.readouterr()
    assert route(["predict", str(outcome.folder), str(tmp_path / "new.csv")]) == 0
    few, many = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(few) == ["input", "height 0.1", "height 0.5", "height 0.9"]
    narrow, wide = (float(row["height 0.9"]) - float(row["height 0.1"]) for row in (few, many))
    assert narrow == pytest.approx(2.56 * 0.6, rel=0.35) and wide == pytest.approx(2.56 * 2.4, rel=0.35)


@pytest.mark.parametrize("given", ["[0.9,0.1]", "[0.5]", "[0.1,0.1,0.9]"])
def test_quantiles_ascend(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        preflight(["dataset=diabetes", "model=dense", "task=quantile", f"task.quantiles={given}"])
    assert [problem.given for problem in caught.value.problems] == [f"task.quantiles={given}"]


def test_a_quantile_lies_between_0_and_1() -> None:
    with pytest.raises(ConfigError, match="0 and < 1"):
        preflight(["dataset=diabetes", "model=dense", "task=quantile", "task.quantiles=[0,0.5]"])


def test_the_network_has_an_output_for_each_quantile() -> None:
    overrides = ["dataset=diabetes", "model=dense", "task=quantile", "task.quantiles=[0.05,0.25,0.75,0.95]"]
    assert preflight(overrides).outputs == 4
