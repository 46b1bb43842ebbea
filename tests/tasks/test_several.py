"""Several labels and several targets: losses and measures against formulas written out and scikit-learn."""

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
from dlrun.data.dataset_spec import DatasetSpec, Head
from dlrun.data.prepare import prepare
from dlrun.data.scale import Target
from dlrun.inference.load import load_run
from dlrun.preflight.preflight import preflight
from dlrun.tasks._base.batch import Batch
from dlrun.tasks.multi_label.task import MultiLabelTask
from dlrun.tasks.multi_output import MultiOutput as Schema
from dlrun.tasks.multi_output.task import MultiOutputTask
from tests.tasks.make import built, measured

RNG = np.random.default_rng(0)
HEADS = (Head("age"), Head("income", ("low", "mid", "high")), Head("sex", ("f", "m")))
SEVERAL = DatasetSpec((5,), "table", "several", heads=HEADS)
WEIGHTS = (0.25, 1.0, 10.0)


@pytest.fixture
def weather(tmp_path: Path) -> str:
    """Three labels that five numbers tell, the last one seldom there."""
    x = RNG.normal(size=(300, 5))
    there = (x @ RNG.normal(size=(5, 3)) > [0, 0.5, 2.5]).astype(int)
    lines = [",".join([*(f"{v:.4f}" for v in row), *map(str, labels)]) for row, labels in zip(x, there)]
    (tmp_path / "weather.csv").write_text("a,b,c,d,e,rain,wind,snow\n" + "\n".join(lines) + "\n")
    return str(tmp_path / "weather.csv")


@pytest.fixture
def people(tmp_path: Path) -> str:
    """Age, income and gender from five numbers, as in Chollet's social network (7.1.3)."""
    x = RNG.normal(size=(300, 5))
    age, income = 30 + 8 * x[:, 0] + RNG.normal(size=300), np.digitize(x[:, 1], [-0.6, 0.6])
    rows = zip(x, age, income, np.where(x[:, 2] > 0, "f", "m"))
    lines = [",".join([*(f"{v:.4f}" for v in row), f"{years:.2f}", str(rank), sex]) for row, years, rank, sex in rows]
    (tmp_path / "people.csv").write_text("a,b,c,d,e,age,income,sex\n" + "\n".join(lines) + "\n")
    return str(tmp_path / "people.csv")


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


def test_the_total_is_the_weighted_sum_of_the_targets_losses() -> None:
    z = RNG.normal(size=(30, 5))
    y = np.stack([RNG.normal(size=30), RNG.integers(0, 3, 30), RNG.integers(0, 2, 30)], 1)
    task = built(Schema(loss_weights=WEIGHTS), SEVERAL)
    found = measured(task, torch.nn.Identity(), Batch(torch.tensor(z), torch.tensor(y), 30))
    powers = np.exp(z[:, 1:4])
    age = ((z[:, 0] - y[:, 0]) ** 2).mean()
    income = log_loss(y[:, 1], powers / powers.sum(1, keepdims=True))
    sex = log_loss(y[:, 2], 1 / (1 + np.exp(-z[:, 4])))
    assert found["age_loss"] == pytest.approx(age, rel=1e-5)
    assert found["income_loss"] == pytest.approx(income, rel=1e-5)
    assert found["sex_loss"] == pytest.approx(sex, rel=1e-5)
    assert found["loss"] == pytest.approx(0.25 * age + income + 10 * sex, rel=1e-5), "as Keras adds them up"
    assert found["age_mae"] == pytest.approx(np.abs(z[:, 0] - y[:, 0]).mean(), rel=1e-5)
    assert found["income_accuracy"] == pytest.approx((z[:, 1:4].argmax(1) == y[:, 1]).mean())
    assert found["sex_accuracy"] == pytest.approx(((z[:, 4] > 0) == y[:, 2]).mean())


def test_a_scaled_target_is_measured_in_its_unit_too() -> None:
    task = MultiOutputTask(HEADS[:1], [Target("age", "", 0.0, 8.0, 30.0, 1 / 8)])
    assert task.compute({"loss": 1.0, "age_mae": 0.5}) == {"loss": 1.0, "age_mae": 0.5, "age_mae_in_units": 4.0}


@pytest.mark.parametrize("model", ["model=dense", "model=linear"])
def test_three_targets_from_one_trunk(go, people: str, capsys, model: str) -> None:
    words = ["dataset=csv", f"dataset.path={people}", "dataset.target=[age,income,sex]", model,
             "dataset.target_scale=standard", "task.loss_weights={age: 0.25, sex: 10}",
             "optimizer.lr=0.02", "epochs=12", "batch_size=32",
             "early_stop=patience", "early_stop.patience=12", "early_stop.monitor=val/sex_accuracy"]
    outcome = go(*words)
    test = outcome.result["test"]
    assert outcome.result["config"]["task.kind"] == "multi_output"
    total = 0.25 * test["age_loss"] + test["income_loss"] + 10 * test["sex_loss"]
    assert test["loss"] == pytest.approx(total, rel=1e-5)
    assert test["sex_accuracy"] > 0.85 and test["income_accuracy"] > 0.5
    assert test["age_mae_in_units"] == pytest.approx(test["age_mae"] * 8, rel=0.3)
    assert outcome.result["best"]["monitor"] == "val/sex_accuracy"
    assert {path.name for path in (outcome.folder / "pictures").iterdir()} == {
        "predictions-age.png", "confusion-income.png", "confusion-sex.png"}
    capsys.readouterr()
    assert route(["predict", str(outcome.folder), people]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    truth = [line.split(",")[5:] for line in Path(people).read_text().splitlines()[1:]]
    assert np.mean([abs(float(row["age"]) - float(age)) for row, (age, _, _) in zip(rows, truth)]) < 6
    assert np.mean([row["sex"] == sex for row, (_, _, sex) in zip(rows, truth)]) > 0.85


def test_pictures_and_series_have_several_targets_as_well(go, tmp_path: Path) -> None:
    x = RNG.integers(0, 256, (60, 8, 8), np.uint8)
    np.savez(tmp_path / "a.npz", x=x, y=np.stack([x.mean((1, 2)) > 127, x[:, 0, 0] > 127], 1))
    np.savez(tmp_path / "b.npz", x=x, y=np.stack([x.mean((1, 2)) / 255, x[:, 0].mean(1) / 255], 1))
    for file, kind, measure in (("a", "multi_label", "exact_match"), ("b", "multi_output", "y1_mae")):
        outcome = go("dataset=npz", f"dataset.path={tmp_path}/{file}.npz", "model=cnn", "model.filters=4", "epochs=1")
        assert outcome.result["config"]["task.kind"] == kind and measure in outcome.result["test"]


@pytest.mark.parametrize(("words", "wanted"), [
    (["task=classify"], "task=multi_output fits"), (["task=multi_label"], "task=multi_output fits"),
    (["task.loss_weights={aeg: 2}"], "did you mean  age"), (["task.loss_weights=[1,2]"], "expected 3 weights"),
    (["early_stop=patience", "early_stop.monitor=val/age_acc"], "did you mean  val/age_mae"),
    (["task=multi_output", "early_stop=patience", "early_stop.monitor=val/accuracy"], "task multi_output measures"),
    (["model=sequential", "model.layers=[{dense: out}, softmax]"], "expected nothing"),
])
def test_wrong_pairings_say_what_fits(people: str, words: list[str], wanted: str) -> None:
    rest = [] if any(word.startswith("model=") for word in words) else ["model=dense"]
    with pytest.raises(ConfigError) as caught:
        preflight(["dataset=csv", f"dataset.path={people}", "dataset.target=[age,income,sex]", *rest, *words])
    assert len(caught.value.problems) == 1 and wanted in caught.value.problems[0].expected


def test_a_final_sigmoid_of_labels_may_be_written_and_a_softmax_not(weather: str) -> None:
    words = ["dataset=csv", f"dataset.path={weather}", "dataset.target=[rain,wind,snow]", "model=sequential"]
    assert len(preflight([*words, "model.layers=[{dense: out}, sigmoid]"]).layers) == 1
    with pytest.raises(ConfigError, match="3 labels, each for itself"):
        preflight([*words, "model.layers=[{dense: out}, softmax]"])
