"""Several labels: loss and metrics against formulas written out and scikit-learn."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_recall_fscore_support

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.data.prepare import prepare
from dlrun.inference.load import load_run
from dlrun.preflight.preflight import preflight
from dlrun.tasks._base.batch import Batch
from dlrun.tasks.multi_label.task import MultiLabelTask
from tests.tasks.make import measured

RNG = np.random.default_rng(0)


@pytest.fixture
def weather(tmp_path: Path) -> str:
    """Three labels that five numbers tell, the last one seldom there."""
    x = RNG.normal(size=(300, 5))
    there = (x @ RNG.normal(size=(5, 3)) > [0, 0.5, 2.5]).astype(int)
    lines = [",".join([*(f"{v:.4f}" for v in row), *map(str, labels)]) for row, labels in zip(x, there)]
    (tmp_path / "weather.csv").write_text("a,b,c,d,e,rain,wind,snow\n" + "\n".join(lines) + "\n")
    return str(tmp_path / "weather.csv")


def test_labels_have_cross_entropy_each_and_are_right_one_by_one_or_all_together() -> None:
    z, y = RNG.normal(size=(40, 3)), RNG.integers(0, 2, (40, 3))
    found = measured(MultiLabelTask("abc"), torch.nn.Identity(), Batch(torch.tensor(z), torch.tensor(y).float(), 40))
    p = 1 / (1 + np.exp(-z))
    assert found["loss"] == pytest.approx(np.mean([log_loss(y[:, n], p[:, n]) for n in range(3)]), rel=1e-6)
    assert found["accuracy"] == pytest.approx(((z > 0) == y).mean())
    assert found["exact_match"] == pytest.approx(accuracy_score(y, z > 0)), "scikit-learn's subset accuracy"


def test_a_runs_result_has_each_labels_f1(go, weather: str) -> None:
    outcome = go("dataset=csv", f"dataset.path={weather}", "dataset.target=[rain,wind,snow]", "model=softmax",
                 "epochs=8", "optimizer.lr=0.05", "validation=0")
    assert outcome.result["config"]["task.kind"] == "multi_label"
    run = load_run(outcome.folder)
    prepared = prepare(run.config.dataset, "", validation=None, train_size=None, seed=0, say=print)
    y, taken = prepared.test.y, run.outputs(prepared.test).numpy() > 0
    test = outcome.result["test"]
    assert test["micro_f1"] == pytest.approx(f1_score(y, taken, average="micro"))
    assert test["macro_f1"] == pytest.approx(f1_score(y, taken, average="macro")) and test["macro_f1"] > 0.6
    precision, recall, f1, rows = precision_recall_fscore_support(y[:, 2], taken[:, 2], average="binary")
    snow = outcome.result["labels"]["snow"]
    assert (snow["precision"], snow["recall"], snow["f1"]) == pytest.approx((precision, recall, f1))
    assert snow["rows"] == y[:, 2].sum() and (outcome.folder / "pictures/labels.png").is_file()


def test_predict_has_a_column_for_each_label(go, weather: str, capsys) -> None:
    outcome = go("dataset=csv", f"dataset.path={weather}", "dataset.target=[rain,wind,snow]", "model=softmax",
                 "epochs=8", "optimizer.lr=0.05")
    capsys.readouterr()
    assert route(["predict", str(outcome.folder), weather]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    truth = [line.split(",")[5] for line in Path(weather).read_text().splitlines()[1:]]
    assert list(rows[0]) == ["input", "rain", "wind", "snow", "p(rain)", "p(wind)", "p(snow)"]
    assert np.mean([row["rain"] == label for row, label in zip(rows, truth)]) > 0.8
    assert all((float(row["p(rain)"]) > 0.5) == (row["rain"] == "1") for row in rows)


def test_a_final_sigmoid_of_labels_may_be_written_and_a_softmax_not(weather: str) -> None:
    overrides = ["dataset=csv", f"dataset.path={weather}", "dataset.target=[rain,wind,snow]", "model=sequential"]
    assert len(preflight([*overrides, "model.layers=[{dense: out}, sigmoid]"]).layers) == 1
    with pytest.raises(ConfigError, match="3 labels, each for itself"):
        preflight([*overrides, "model.layers=[{dense: out}, softmax]"])
