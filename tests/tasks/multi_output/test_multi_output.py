"""Several targets: losses and metrics against formulas written out."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.data.dataset_spec import DatasetSpec, Head
from dlrun.data.scale import Target
from dlrun.preflight.preflight import preflight
from dlrun.tasks._base.batch import Batch
from dlrun.tasks.multi_output import MultiOutput as Schema
from dlrun.tasks.multi_output.task import MultiOutputTask
from tests.tasks.make import built, measured

RNG = np.random.default_rng(0)
HEADS = (Head("age"), Head("income", ("low", "mid", "high")), Head("sex", ("f", "m")))
SEVERAL = DatasetSpec((5,), "table", "several", heads=HEADS)
WEIGHTS = (0.25, 1.0, 10.0)


@pytest.fixture
def people(tmp_path: Path) -> str:
    """Age, income and gender from five numbers, as in Chollet's social network (7.1.3)."""
    x = RNG.normal(size=(300, 5))
    age, income = 30 + 8 * x[:, 0] + RNG.normal(size=300), np.digitize(x[:, 1], [-0.6, 0.6])
    rows = zip(x, age, income, np.where(x[:, 2] > 0, "f", "m"))
    lines = [",".join([*(f"{v:.4f}" for v in row), f"{years:.2f}", str(rank), sex]) for row, years, rank, sex in rows]
    (tmp_path / "people.csv").write_text("a,b,c,d,e,age,income,sex\n" + "\n".join(lines) + "\n")
    return str(tmp_path / "people.csv")


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
    assert task.compute({"loss": 1.0, "age_mae": 0.5}) == {
        "loss": 1.0, "age_mae": 4.0, "age_mae_in_units": 4.0, "age_mae_scaled": 0.5}


@pytest.mark.parametrize("model", ["model=dense", "model=linear"])
def test_three_targets_from_one_trunk(go, people: str, capsys, model: str) -> None:
    overrides = ["dataset=csv", f"dataset.path={people}", "dataset.target=[age,income,sex]", model,
                 "dataset.target_scale=standard", "task.loss_weights={age: 0.25, sex: 10}",
                 "optimizer.lr=0.02", "epochs=12", "batch_size=32",
                 "early_stop=patience", "early_stop.patience=12", "early_stop.monitor=val/sex_accuracy"]
    outcome = go(*overrides)
    test = outcome.result["test"]
    assert outcome.result["config"]["task.kind"] == "multi_output"
    total = 0.25 * test["age_loss"] + test["income_loss"] + 10 * test["sex_loss"]
    assert test["loss"] == pytest.approx(total, rel=1e-5)
    assert test["sex_accuracy"] > 0.85 and test["income_accuracy"] > 0.5
    assert test["age_mae"] == test["age_mae_in_units"] == pytest.approx(test["age_mae_scaled"] * 8, rel=0.3)
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


@pytest.mark.parametrize(("overrides", "wanted"), [
    (["task=classify"], "task=multi_output fits"), (["task=multi_label"], "task=multi_output fits"),
    (["task.loss_weights={aeg: 2}"], "did you mean  age"), (["task.loss_weights=[1,2]"], "expected 3 weights"),
    (["early_stop=patience", "early_stop.monitor=val/age_acc"], "did you mean  val/age_mae"),
    (["task=multi_output", "early_stop=patience", "early_stop.monitor=val/accuracy"], "task multi_output measures"),
    (["model=sequential", "model.layers=[{dense: out}, softmax]"], "expected nothing"),
])
def test_wrong_pairings_say_what_fits(people: str, overrides: list[str], wanted: str) -> None:
    rest = [] if any(override.startswith("model=") for override in overrides) else ["model=dense"]
    with pytest.raises(ConfigError) as caught:
        preflight(["dataset=csv", f"dataset.path={people}", "dataset.target=[age,income,sex]", *rest, *overrides])
    assert len(caught.value.problems) == 1 and wanted in caught.value.problems[0].expected


@pytest.mark.parametrize(("heads", "measure"), [
    ((Head("income", ("low", "high")), Head("income_log")), "income_log_loss"),
    ((Head("a"), Head("size_balanced", ("s", "m")), Head("size", ("s", "m"))), "size_balanced_accuracy")])
def test_targets_whose_measures_would_have_one_name_are_refused(heads: tuple[Head, ...], measure: str) -> None:
    [wrong] = Schema().clashes(DatasetSpec((5,), "table", "several", heads=heads))
    one, other = sorted(head.name for head in heads if measure.startswith(head.name + "_"))
    assert wrong.given == "dataset.target" and wrong.expected.endswith(f"{measure}; rename one of the columns")
    assert f'"{one}"' in wrong.expected and f'"{other}"' in wrong.expected
    assert not [*Schema().clashes(SEVERAL)]
    [wrong] = Schema().clashes(DatasetSpec((5,), "table", "labels", classes=("c#", "d", "c++")))
    assert '"c#" and "c++" would both have the measure c_loss' in wrong.expected


def test_a_table_with_such_targets_is_refused_before_training(tmp_path: Path) -> None:
    rows = [f"{x:.3f},{'high' if x > 0 else 'low'},{x / 3:.4f}" for x in RNG.normal(size=40)]
    (tmp_path / "pay.csv").write_text("\n".join(["a,income,income_log", *rows]) + "\n")
    with pytest.raises(ConfigError) as caught:
        preflight(["dataset=csv", f"dataset.path={tmp_path}/pay.csv", "dataset.target=[income,income_log]"])
    assert [wrong.given for wrong in caught.value.problems] == ["dataset.target"]
