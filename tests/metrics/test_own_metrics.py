"""dlrun's own metrics of all rows' predictions: the numbers are those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from dlrun.metrics import _gathered
from dlrun.metrics._classes import ClassPredictions, class_predictions
from dlrun.metrics._labels import LabelPredictions
from dlrun.metrics._numbers import NumberPredictions
from dlrun.metrics._ranking import ranking
from dlrun.registry import find

RNG = np.random.default_rng(3)


def draw(classes: int, rows: int = 200, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (rows, classes) that know something of the targets; with `ties` many are equal."""
    targets = RNG.integers(0, classes, rows)
    scores = RNG.random((rows, classes)) + 0.4 * np.eye(classes)[targets]
    scores = np.round(scores, 1) if ties else scores
    return (scores / scores.sum(1, keepdims=True)).astype(np.float32), targets


def of(name: str, rows: object) -> float:
    return find("metric", name).of(rows)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("classes", [3, 7])
def test_metrics_of_several_classes_are_scikit_learns(classes: int, ties: bool) -> None:
    p, y = draw(classes, ties=ties)
    rows, taken = class_predictions(p, y), p.argmax(1)
    exact = p.astype(np.float64) / p.astype(np.float64).sum(1, keepdims=True)
    expected = {
        "balanced_accuracy": sk.balanced_accuracy_score(y, taken),
        "precision": sk.precision_score(y, taken, average="macro", zero_division=0),
        "recall": sk.recall_score(y, taken, average="macro"), "f1": sk.f1_score(y, taken, average="macro"),
        "roc_auc": np.mean([sk.roc_auc_score(y == place, p[:, place]) for place in range(classes)]),
        "average_precision": sk.average_precision_score(np.eye(classes)[y], p, average="macro"),
        "log_loss": sk.log_loss(y, exact), "cohen_kappa": sk.cohen_kappa_score(y, taken),
        "brier": float(np.mean(((p - np.eye(classes)[y]) ** 2).sum(1)))}
    if classes > 5:
        truth = p[np.arange(len(y)), y]
        expected["top5_accuracy"] = float(np.mean([np.sum(row > own) < 5 for row, own in zip(p, truth)]))
    found = _gathered.compute({"": rows})
    assert set(found) == {*expected, "calibration_error"}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-6), name


@pytest.mark.parametrize("ties", [False, True])
def test_metrics_of_two_classes_are_scikit_learns(ties: bool) -> None:
    p, y = draw(2, ties=ties)
    rows = class_predictions(p[:, 1], y)
    assert of("roc_auc", rows) == pytest.approx(sk.roc_auc_score(y, p[:, 1]), abs=1e-9)
    assert of("average_precision", rows) == pytest.approx(sk.average_precision_score(y, p[:, 1]), abs=1e-9)
    assert of("brier", rows) == pytest.approx(sk.brier_score_loss(y, p[:, 1]), abs=1e-6)
    assert of("f1", rows) == pytest.approx(sk.f1_score(y, p[:, 1] > 0.5, average="macro"))


def test_a_class_that_is_neither_true_nor_taken_counts_in_no_mean() -> None:
    p, y = draw(3)
    wide = np.concatenate([p, np.zeros((len(p), 2), np.float32)], 1)
    assert of("f1", class_predictions(wide, y)) == pytest.approx(sk.f1_score(y, p.argmax(1), average="macro"))
    assert list(class_predictions(wide, y, classes=("a", "b", "c", "d", "e")).per_class()) == ["a", "b", "c"]


def test_each_class_has_scikit_learns_precision_recall_f1_and_rows() -> None:
    p, y = draw(4)
    columns = sk.precision_recall_fscore_support(y, p.argmax(1), zero_division=0)
    found = class_predictions(p, y, classes=("a", "b", "c", "d")).per_class()
    for place, row in enumerate(found.values()):
        assert list(row.values()) == pytest.approx([column[place] for column in columns])


def test_calibration_error_is_that_of_bins_by_hand() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.45, 0.55]], np.float32)
    y = np.array([0, 1, 1, 1])  # bins of 1/15: 0.9 and 0.8 and 0.7 and 0.55 lie in four bins
    expected = (abs(0.9 - 1) + abs(0.8 - 0) + abs(0.7 - 1) + abs(0.55 - 1)) / 4
    assert of("calibration_error", class_predictions(p, y)) == pytest.approx(expected, abs=1e-6)


def test_what_is_not_defined_is_left_out() -> None:
    p, _ = draw(2)
    found = _gathered.compute({"": class_predictions(p, np.zeros(len(p)))})
    assert "roc_auc" not in found and "average_precision" not in found and "log_loss" in found
    constant = _gathered.compute({"": NumberPredictions(np.arange(3.0), np.zeros(3))})
    assert set(constant) == {"rmse", "median_absolute_error"}, "no r2 of equal targets, no share of 0"
    equal = _gathered.compute({"": NumberPredictions(np.arange(7.0), np.full(7, 0.1))})
    assert "r2" not in equal and "mape" in equal, "their mean is another number in its last bit"


def test_metrics_of_numbers_are_scikit_learns() -> None:
    true, found = RNG.normal(5, 1, 100), RNG.normal(5, 1, 100)
    assert _gathered.compute({"": NumberPredictions(found, true)}) == pytest.approx({
        "mape": sk.mean_absolute_percentage_error(true, found), "r2": sk.r2_score(true, found),
        "median_absolute_error": sk.median_absolute_error(true, found),
        "rmse": np.sqrt(sk.mean_squared_error(true, found))})


def test_metrics_of_labels_are_scikit_learns() -> None:
    p, y = RNG.random((150, 4)), RNG.random((150, 4)) < 0.3
    rows = LabelPredictions(p, y, p > 0.6, ("a", "b", "c", "d"))
    assert _gathered.compute({"": rows}) == pytest.approx({
        "f1": sk.f1_score(y, p > 0.6, average="macro"), "recall": sk.recall_score(y, p > 0.6, average="macro"),
        "precision": sk.precision_score(y, p > 0.6, average="macro"), "roc_auc": sk.roc_auc_score(y, p),
        "average_precision": sk.average_precision_score(y, p, average="macro"),
        "micro_f1": sk.f1_score(y, p > 0.6, average="micro")})


def test_several_targets_have_their_names_before_the_metrics() -> None:
    p, y = draw(2)
    found = _gathered.compute({"income": class_predictions(p, y), "age": NumberPredictions(np.ones(2), np.zeros(2))},
                              ("income_f1", "age_rmse", "age_f1"))
    assert set(found) == {"income_f1", "age_rmse"}


def test_no_other_threshold_has_a_better_balanced_accuracy() -> None:
    p, y = draw(2, rows=80)
    rows = class_predictions(p, y)
    best = rows.rankings[0].threshold()

    def at(threshold: float) -> float:
        return float(sk.balanced_accuracy_score(y, p[:, 1] > threshold))

    assert at(best) == pytest.approx(max(at(float(value) - 1e-6) for value in p[:, 1]))
    moved = rows.at(best)
    assert isinstance(moved, ClassPredictions) and of("balanced_accuracy", moved) == pytest.approx(at(best))


def test_rankings_of_very_many_rows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlrun.metrics._classes.RANKED", 100)
    p, y = draw(3)
    found = _gathered.compute({"": class_predictions(p, y)})
    assert "f1" in found and "roc_auc" not in found


def test_an_empty_ranking_has_no_numbers() -> None:
    empty = ranking(np.zeros(0), np.zeros(0, bool))
    assert np.isnan([empty.roc_auc, empty.average_precision, empty.threshold()]).all()


def test_every_metric_says_what_it_is_in_one_sentence_and_which_way_is_better() -> None:
    for kind in ("classes", "labels", "numbers"):
        for metric in _gathered.all_of(kind):
            assert metric.direction in ("min", "max") and metric.doc.endswith((".", ";")), metric
