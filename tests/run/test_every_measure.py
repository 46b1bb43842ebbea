"""Every number of a result's test, on real tables: each is what scikit-learn says of the run's own predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from dlrun.assembly.build_run import rows_of
from dlrun.inference.load import load_run
from tests.run.test_evaluate import trained

BINS = 15


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("measures")


def result_and_columns(folder: Path, split: str = "test") -> tuple[dict[str, Any], dict[str, np.ndarray], np.ndarray]:
    """result.json, what the run predicts of a split by the columns of `predict`, and the split's targets."""
    import dlrun

    loaded = load_run(folder)
    rows = getattr(rows_of(loaded.config, lambda said: None), split)
    columns = {column.name: column.values for column in loaded.predictions(rows)}
    return dlrun.open(folder).result, columns, np.asarray(rows.y)


def of_classes(p: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """All metrics of probabilities (rows, classes), by scikit-learn; the calibration error by its curve."""
    classes, taken, hot = p.shape[1], p.argmax(1), np.eye(p.shape[1])[y]
    exact = p.astype(np.float64) / p.astype(np.float64).sum(1, keepdims=True)
    right, sure = calibration_curve(taken == y, p.max(1), n_bins=BINS)
    edges = np.linspace(0, 1, BINS + 1)
    rows = np.bincount(np.searchsorted(edges[1:-1], p.max(1)), minlength=BINS)
    found = {
        "loss": sk.log_loss(y, exact, labels=range(classes)), "log_loss": sk.log_loss(y, exact, labels=range(classes)),
        "accuracy": sk.accuracy_score(y, taken), "balanced_accuracy": sk.balanced_accuracy_score(y, taken),
        "precision": sk.precision_score(y, taken, average="macro", zero_division=0),
        "recall": sk.recall_score(y, taken, average="macro", zero_division=0),
        "f1": sk.f1_score(y, taken, average="macro", zero_division=0),
        "cohen_kappa": sk.cohen_kappa_score(y, taken),
        "calibration_error": float((rows[rows > 0] * np.abs(right - sure)).sum() / rows.sum())}
    if classes == 2:
        return found | {"roc_auc": sk.roc_auc_score(y, p[:, 1]), "brier": sk.brier_score_loss(y, p[:, 1]),
                        "average_precision": sk.average_precision_score(y, p[:, 1])}
    found |= {"roc_auc": sk.roc_auc_score(y, exact, multi_class="ovr"),
              "average_precision": sk.average_precision_score(hot, p, average="macro"),
              "brier": float(sum(sk.brier_score_loss(hot[:, place], p[:, place]) for place in range(classes)))}
    return found | ({"top5_accuracy": sk.top_k_accuracy_score(y, p, k=5, labels=range(classes))} if classes > 5 else {})


def of_numbers(told: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """All metrics of numbers in the unit of the target, by scikit-learn."""
    return {"mae": sk.mean_absolute_error(y, told), "rmse": sk.mean_squared_error(y, told) ** 0.5,
            "r2": sk.r2_score(y, told), "median_absolute_error": sk.median_absolute_error(y, told),
            "mape": sk.mean_absolute_percentage_error(y, told)}


@pytest.mark.parametrize("dataset", ["digits", "wine", "breast_cancer"])
def test_every_number_of_a_classification_is_scikit_learns(dataset: str, place: Path) -> None:
    fewer = ["train_size=300"] if dataset == "digits" else []
    folder = trained(place, f"dataset={dataset}", "optimizer.lr=0.01", *fewer)
    for split in ("test", "val"):
        result, columns, y = result_and_columns(folder, split)
        p = np.stack([values for name, values in columns.items() if name.startswith("p(")], 1)
        assert result[split] == pytest.approx(of_classes(p, y), abs=2e-5), "every number, and no other"
    result, columns, y = result_and_columns(folder)
    p = np.stack([values for name, values in columns.items() if name.startswith("p(")], 1)
    taken = p.argmax(1)
    assert result["test_confusion"] == sk.confusion_matrix(y, taken).tolist()
    for at, row in enumerate(zip(*sk.precision_recall_fscore_support(y, taken, zero_division=0))):
        assert list(list(result["test_per_class"].values())[at].values()) == pytest.approx(row)
    assert ("threshold" in result) == (dataset == "breast_cancer")


def test_the_threshold_of_two_classes_is_best_on_the_validation_rows_and_measured_on_the_test_rows(place: Path) -> None:
    folder = trained(place, "dataset=breast_cancer", "optimizer.lr=0.01")
    result, columns, y = result_and_columns(folder, "val")
    second = [name for name in columns if name.startswith("p(")][1]
    false, true, cuts = sk.roc_curve(y, columns[second], drop_intermediate=False)
    best = (true - false + 1).max() / 2
    found = result["threshold"]
    assert found["val"]["balanced_accuracy"] == pytest.approx(best)
    assert sk.balanced_accuracy_score(y, columns[second] > found["value"]) == pytest.approx(best)
    result, columns, y = result_and_columns(folder)
    moved = columns[second] > found["value"]
    assert found["test"] == pytest.approx({
        "accuracy": sk.accuracy_score(y, moved), "balanced_accuracy": sk.balanced_accuracy_score(y, moved),
        "precision": sk.precision_score(y, moved, average="macro"), "f1": sk.f1_score(y, moved, average="macro"),
        "recall": sk.recall_score(y, moved, average="macro")})


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_every_number_of_a_regression_is_scikit_learns_in_thousands_of_dollars(
        scale: str, place: Path, real_data: Path) -> None:
    folder = trained(place, "dataset=boston", "optimizer.lr=0.01", f"dataset.target_scale={scale}")
    result, columns, y = result_and_columns(folder)
    target = rows_of(load_run(folder).config, lambda said: None).targets[0]
    true = target.in_unit(y)
    (told,) = columns.values()
    expected = of_numbers(told, true)
    if scale == "none":
        expected |= {"loss": expected["rmse"] ** 2, "mse": expected["rmse"] ** 2}
    else:
        scaled = {"loss": (expected["rmse"] * target.factor) ** 2, "mse": (expected["rmse"] * target.factor) ** 2}
        expected |= scaled | {"mae_scaled": expected["mae"] * target.factor, "mae_in_units": expected["mae"]}
    assert result["test"] == pytest.approx(expected, rel=1e-4), "every number, and no other"
    assert 1 < expected["rmse"] < 30


def test_every_number_of_labels_is_scikit_learns(place: Path) -> None:
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(240, 3))
    lines = [",".join([*(f"{value:.3f}" for value in row), *(str(int(row[n] + 0.6 * draw.normal() > n / 2))
                                                              for n in range(3))]) for row in rows]
    (place / "labels.csv").write_text("\n".join(["a,b,c,red,green,blue", *lines]) + "\n")
    folder = trained(place, "dataset=csv", f"dataset.path={place / 'labels.csv'}", "dataset.target=[red,green,blue]",
                     "optimizer.lr=0.02")
    result, columns, y = result_and_columns(folder)
    p = np.stack([columns[f"p({name})"] for name in ("red", "green", "blue")], 1)
    taken = p > 0.5
    expected = {"accuracy": float((taken == y).mean()), "exact_match": sk.accuracy_score(y, taken),
                "loss": float(np.mean([sk.log_loss(y[:, n], p[:, n].astype(np.float64)) for n in range(3)])),
                "precision": sk.precision_score(y, taken, average="macro", zero_division=0),
                "recall": sk.recall_score(y, taken, average="macro", zero_division=0),
                "f1": sk.f1_score(y, taken, average="macro", zero_division=0),
                "micro_f1": sk.f1_score(y, taken, average="micro", zero_division=0),
                "macro_f1": sk.f1_score(y, taken, average="macro", zero_division=0),
                "roc_auc": sk.roc_auc_score(y, p), "average_precision": sk.average_precision_score(y, p)}
    assert result["test"] == pytest.approx(expected, abs=2e-5), "every number, and no other"
    for at, row in enumerate(zip(*sk.precision_recall_fscore_support(y, taken, zero_division=0))):
        assert list(list(result["test_per_class"].values())[at].values()) == pytest.approx(row)


def test_every_number_of_several_targets_is_scikit_learns(place: Path) -> None:
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(240, 2))
    lines = [f"{a:.3f},{b:.3f},{40 + 9 * a + draw.normal():.2f},{'low mid high'.split()[int(b > -0.5) + int(b > 0.5)]}"
             for a, b in rows]
    (place / "two.csv").write_text("\n".join(["a,b,age,income", *lines]) + "\n")
    folder = trained(place, "dataset=csv", f"dataset.path={place / 'two.csv'}", "dataset.target=[age,income]",
                     "dataset.target_scale=standard", "optimizer.lr=0.02")
    result, columns, y = result_and_columns(folder)
    target = rows_of(load_run(folder).config, lambda said: None).targets[0]
    p = np.stack([values for name, values in columns.items() if name.startswith("p income")], 1)
    of_age = of_numbers(columns["age"], target.in_unit(y[:, 0]))
    expected = {f"age_{name}": value for name, value in of_age.items()}
    expected |= {f"income_{name}": value for name, value in of_classes(p, y[:, 1].astype(int)).items()}
    expected |= {"age_loss": (of_age["rmse"] * target.factor) ** 2, "age_mae_in_units": of_age["mae"],
                 "age_mae_scaled": of_age["mae"] * target.factor}
    expected["loss"] = expected["age_loss"] + expected["income_loss"]
    assert result["test"] == pytest.approx(expected, rel=1e-3, abs=2e-5), "every number, and no other"
