"""What is measured of all rows at the end of a run: beside loss and accuracy what scikit-learn would say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from dlrun.assembly.build_run import rows_of
from dlrun.config.problem import ConfigError
from dlrun.inference.load import load_run
from tests.whole.equal import result, rows

RUN = ("dataset=digits", "model=softmax", "epochs=2", "train_size=300", "batch_size=50")
TWO = ("dataset=moons", "dataset.rows=300", "model=dense", "model.hidden=[8]", "epochs=3", "batch_size=16")


def outputs_of(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """The outputs and targets of a finished run's validation or test rows, by a pass of their own."""
    loaded = load_run(folder)
    found = getattr(rows_of(loaded.config, lambda said: None), split)
    return loaded.outputs(found).numpy(), np.asarray(found.y)


def softmax(logits: np.ndarray) -> np.ndarray:
    return torch.softmax(torch.from_numpy(logits), 1).numpy()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from dlrun.preflight.preflight import preflight
    from dlrun.record.recorder import Recorder
    from dlrun.run.run import run

    place = tmp_path_factory.mktemp("gathered")
    return run(preflight([*RUN, f"output_dir={place}", "device=cpu"]), ["dlrun"], [Recorder()])


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_classification_has_scikit_learns_numbers_on_validation_and_test_rows(split: str, trained: Any) -> None:
    logits, y = outputs_of(trained.folder, split)
    found, p, taken = trained.result[split], softmax(logits), logits.argmax(1)
    expected = {"balanced_accuracy": sk.balanced_accuracy_score(y, taken),
                "f1": sk.f1_score(y, taken, average="macro"), "cohen_kappa": sk.cohen_kappa_score(y, taken),
                "top5_accuracy": sk.top_k_accuracy_score(y, logits, k=5, labels=range(10)),
                "roc_auc": np.mean([sk.roc_auc_score(y == place, p[:, place]) for place in range(10)])}
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    assert found["accuracy"] == pytest.approx(float(np.mean(y == taken)))
    assert found["log_loss"] == pytest.approx(found["loss"], rel=1e-4), "the loss is the cross-entropy here"


def test_each_class_of_the_test_rows_stands_beside(trained: Any) -> None:
    logits, y = outputs_of(trained.folder, "test")
    _, _, f1, counts = sk.precision_recall_fscore_support(y, logits.argmax(1), zero_division=0)
    table = trained.result["test_per_class"]
    assert list(table) == [str(digit) for digit in range(10)] and "val_per_class" not in trained.result
    assert [row["f1"] for row in table.values()] == pytest.approx(list(f1))
    assert [row["rows"] for row in table.values()] == list(counts)


def test_the_result_says_what_its_metrics_are(trained: Any) -> None:
    about = trained.result["metrics"]
    assert about["f1"] == {"label": "F1", "unit": "", "direction": "max", "share": False}
    assert about["brier"]["minor"] and about["brier"]["direction"] == "min"


def test_a_run_is_stopped_by_a_metric_that_its_command_did_not_ask_for(go: Any) -> None:
    outcome = go(*RUN, "epochs=3", "early_stop.monitor=val/f1", "early_stop.patience=5")
    curve = [row["val/f1"] for row in rows(outcome.folder)]
    assert "train/f1" not in rows(outcome.folder)[0]
    assert outcome.result["best"]["epoch"] == curve.index(max(curve)) + 1
    assert outcome.result["val"]["f1"] == max(curve)
    logits, y = outputs_of(outcome.folder, "val")
    assert max(curve) == pytest.approx(sk.f1_score(y, logits.argmax(1), average="macro"), abs=1e-6)


@pytest.mark.parametrize("validation", ["0", "0.2"])
def test_the_test_rows_of_an_epoch_have_what_was_asked_for(validation: str, go: Any) -> None:
    outcome = go(*RUN, f"validation={validation}", "task.metrics=[f1]", "test_at=[1,2]")
    assert list(outcome.result["test_at"]) == ["1", "2"] and "train/f1" not in rows(outcome.folder)[0]
    assert outcome.result["test_at"]["2"]["f1"] == outcome.result["test"]["f1"]
    assert 0 < outcome.result["test_at"]["1"]["f1"] < 1


def test_the_test_rows_of_a_final_fits_epoch_have_what_was_asked_for(go: Any) -> None:
    outcome = go(*RUN, "validation={kind: kfold, k: 2, final: true}", "task.metrics=[f1]", "test_at=[2]")
    assert result(outcome.folder / "final")["test_at"]["2"]["f1"] == outcome.result["test"]["f1"]


def test_the_best_weights_are_those_that_the_validation_rows_are_measured_with(go: Any) -> None:
    outcome = go(*RUN, "optimizer=sgd", "optimizer.lr=3", "epochs=4", "early_stop.monitor=val/brier",
                 "early_stop.patience=9")
    curve = [row["val/brier"] for row in rows(outcome.folder)]
    assert outcome.result["val"]["brier"] == min(curve) < curve[-1], "the last epoch must not be the best"


def test_two_classes_have_the_threshold_that_suits_the_validation_rows(go: Any) -> None:
    outcome = go(*TWO, "dataset.noise=0.4")
    found = outcome.result["threshold"]
    logits, y = outputs_of(outcome.folder, "test")
    p = 1 / (1 + np.exp(-logits[:, 0].astype(np.float64)))
    assert found["test"]["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(y, p > found["value"]))
    assert found["test"]["f1"] == pytest.approx(sk.f1_score(y, p > found["value"], average="macro"))
    logits, y = outputs_of(outcome.folder, "val")
    p = 1 / (1 + np.exp(-logits[:, 0].astype(np.float64)))
    best = max(sk.balanced_accuracy_score(y, p > cut) for cut in [0, *p])
    assert found["val"]["balanced_accuracy"] == pytest.approx(best)
    assert outcome.result["test"]["roc_auc"] > 0.5


def test_a_regression_is_measured_in_the_unit_of_its_target(go: Any) -> None:
    outcome = go("dataset=diabetes", "model=dense", "model.hidden=[8]", "epochs=2", "dataset.target_scale=standard")
    loaded = load_run(outcome.folder)
    test = rows_of(loaded.config, lambda said: None).test
    assert test is not None
    found = loaded.predictions(test)[0].values
    target = rows_of(loaded.config, lambda said: None).targets[0]
    true = target.in_unit(np.asarray(test.y))
    expected = {"r2": sk.r2_score(true, found), "rmse": np.sqrt(sk.mean_squared_error(true, found)),
                "median_absolute_error": sk.median_absolute_error(true, found),
                "mape": sk.mean_absolute_percentage_error(true, found)}
    assert {name: outcome.result["test"][name] for name in expected} == pytest.approx(expected, rel=1e-4)
    assert outcome.result["test"]["rmse"] > 20, "in units, not in deviations"


def test_several_targets_are_measured_each(go: Any, write: Any) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(120, 2))
    lines = [f"{a:.4f},{b:.4f},{100 + 10 * a:.3f},{'high' if b > 0 else 'low'}" for a, b in x]
    write({"two.csv": "\n".join(["a,b,age,income", *lines]) + "\n"})
    outcome = go("dataset=csv", "dataset.path=two.csv", "dataset.target=[age,income]", "model=dense", "epochs=2",
                 "dataset.target_scale=standard", "early_stop.monitor=val/income_f1", "early_stop.patience=5")
    test = outcome.result["test"]
    assert {"age_r2", "age_rmse", "income_f1", "income_roc_auc", "income_brier"} <= set(test)
    assert list(outcome.result["test_per_class"]["income"]) == ["high", "low"]
    assert "val/income_f1" in rows(outcome.folder)[0]
    assert outcome.result["metrics"]["age_rmse"]["label"] == "age RMSE"


@pytest.mark.parametrize(("monitor", "why"), [
    ("train/f1", "task classify measures"), ("val/f11", "did you mean  val/f1"), ("val/r2", "task classify measures")])
def test_what_is_not_measured_each_epoch_is_refused_with_what_is(monitor: str, why: str, go: Any) -> None:
    with pytest.raises(ConfigError, match=why):
        go(*RUN, f"early_stop.monitor={monitor}", "early_stop.patience=1")


def test_a_metric_that_the_rows_do_not_define_stops_nothing_and_that_is_said(go: Any, write: Any) -> None:
    draw = np.random.default_rng(0).normal(size=(60, 2))
    lines = [f"{a:.3f},{0 if place % 3 else b:.3f}" for place, (a, b) in enumerate(draw)]
    write({"zero.csv": "\n".join(["a,y", *lines]) + "\n"})
    outcome = go("dataset=csv", "dataset.path=zero.csv", "dataset.target=y", "dataset.targets=number", "model=linear",
                 "epochs=3", "early_stop.monitor=val/mape", "early_stop.patience=1")
    assert outcome.result["epochs"] == 3 and "val/mape" not in rows(outcome.folder)[0]
    assert [remark["kind"] for remark in outcome.result["remarks"] if remark["kind"] == "watched_in_vain"]
