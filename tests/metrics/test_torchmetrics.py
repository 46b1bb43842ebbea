"""Metrics of torchmetrics by name: the numbers are those of scikit-learn."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from dlrun.metrics import _torchmetrics as known
from dlrun.metrics._choose import build, described

pytestmark = pytest.mark.skipif(not known.installed(), reason="torchmetrics is not installed")
RNG = np.random.default_rng(0)
SCORES = RNG.random((60, 3))
SHARES = SCORES / SCORES.sum(1, keepdims=True)
CLASSES = RNG.integers(0, 3, 60)
NUMBERS, TRUE = RNG.normal(size=60), RNG.normal(size=60)


def computed(name: str, kind: str, count: int, outputs: np.ndarray, targets: np.ndarray) -> float:
    metric = build([name], kind, count, "cpu")[name]
    metric.reset()
    for rows in np.array_split(np.arange(len(outputs)), 3):
        metric.update(torch.from_numpy(outputs[rows]).float(), torch.from_numpy(targets[rows]))
    return metric.compute()


@pytest.mark.parametrize(("name", "expected"), [
    ("f1", sk.f1_score(CLASSES, SHARES.argmax(1), average="macro")),
    ("precision", sk.precision_score(CLASSES, SHARES.argmax(1), average="macro")),
    ("balanced_accuracy", sk.balanced_accuracy_score(CLASSES, SHARES.argmax(1))),
    ("roc_auc", sk.roc_auc_score(CLASSES, SHARES, multi_class="ovr")),
    ("mcc", sk.matthews_corrcoef(CLASSES, SHARES.argmax(1))),
    ("kappa", sk.cohen_kappa_score(CLASSES, SHARES.argmax(1)))])
def test_metrics_of_three_classes_are_scikit_learns(name: str, expected: float) -> None:
    assert computed(name, "classes", 3, SHARES, CLASSES) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("name", "expected"), [
    ("f1", sk.f1_score(CLASSES > 0, SHARES[:, 0] > 0.5)), ("roc_auc", sk.roc_auc_score(CLASSES > 0, SHARES[:, 0])),
    ("balanced_accuracy", sk.balanced_accuracy_score(CLASSES > 0, SHARES[:, 0] > 0.5))])
def test_metrics_of_two_classes_are_those_of_the_second(name: str, expected: float) -> None:
    targets = (CLASSES > 0).astype(np.int64)
    assert computed(name, "classes", 2, SHARES[:, 0], targets) == pytest.approx(expected, abs=1e-5)


def test_metrics_of_labels_are_means_over_the_labels() -> None:
    targets = RNG.integers(0, 2, (60, 3))
    expected = sk.f1_score(targets, SCORES > 0.5, average="macro")
    assert computed("f1", "labels", 3, SCORES, targets) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("name", "expected"), [
    ("r2", sk.r2_score(TRUE, NUMBERS)), ("rmse", np.sqrt(sk.mean_squared_error(TRUE, NUMBERS))),
    ("pearson", np.corrcoef(TRUE, NUMBERS)[0, 1])])
def test_metrics_of_numbers(name: str, expected: float) -> None:
    assert computed(name, "numbers", 1, NUMBERS, TRUE) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", known.DOMAINS)
def test_every_name_on_offer_can_be_built_and_its_direction_is_torchmetrics_own(kind: str) -> None:
    for name in known.names(kind):
        metric = build([name], kind, 6, "cpu")[name]
        told, own = described(name, kind).direction, metric._metric.higher_is_better  # type: ignore[attr-defined]
        assert told == {True: "max", False: "min", None: told}[own], name


@pytest.mark.parametrize(("kind", "count"), [("classes", 2), ("classes", 3), ("labels", 3)])
def test_every_name_on_offer_comes_to_one_number(kind: str, count: int) -> None:
    targets = RNG.integers(0, 2, (60, count)) if kind == "labels" else RNG.integers(0, count, 60)
    outputs = SCORES if kind == "labels" else SHARES[:, 0] if count == 2 else SHARES
    for name in known.names(kind):
        assert np.isfinite(computed(name, kind, count, outputs, targets)), name


def test_of_what_has_a_number_for_each_class_the_mean_is_taken() -> None:
    from torchmetrics.classification import BinaryLogAUC

    each = []
    for place in range(3):
        metric = BinaryLogAUC()
        metric.update(torch.from_numpy(SHARES[:, place]).float(), torch.from_numpy((CLASSES == place).astype(np.int64)))
        each.append(float(metric.compute()))
    assert computed("log_auc", "classes", 3, SHARES, CLASSES) == pytest.approx(np.mean(each), abs=1e-5)
    two = (CLASSES > 0).astype(np.int64)
    right = np.mean((SHARES[:, 0] > 0.5) == two)
    assert computed("exact_match", "classes", 2, SHARES[:, 0], two) == pytest.approx(right)


@pytest.mark.parametrize(("name", "kind", "why"), [
    ("eer", "labels", "a number for each label"),
    ("f1_scor", "classes", "did you mean  f1_score"), ("roc", "classes", "more than one number"),
    ("fbeta_score", "classes", "needs arguments"), ("kldivergence", "numbers", "compares distributions"),
    ("f1", "numbers", "no metric for numbers"), ("top5_accuracy", "labels", "no metric for labels")])
def test_a_name_that_stands_for_no_number_is_answered_with_a_reason(name: str, kind: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        described(name, kind)


def test_names_are_known_without_importing_torch() -> None:
    code = ("import sys; from dlrun.metrics._choose import described; print(described('f1', 'classes').direction, "
            "'torch' in sys.modules, 'torchmetrics' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["max", "False", "False"]


def test_without_torchmetrics_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "installed", lambda: False)
    with pytest.raises(ValueError, match=r'pip install "dlrun\[metrics\]"'):
        described("f1", "classes")
