"""Class weights: Keras's mean over rows of weight * loss, in training alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from dlrun.config.problem import ConfigError
from dlrun.config.schema.weights import balanced, in_order
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.preflight.preflight import preflight
from dlrun.tasks._base.batch import Batch
from dlrun.tasks.classify import Classify
from dlrun.tasks.classify.task import ClassifyTask
from tests.engine.make import made
from tests.tasks.make import built

Z = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.5], [-1.0, 0.0, 3.0], [0.0, 1.0, 0.0]])
Y = torch.tensor([0, 1, 2, 0])
WEIGHTS = (1.0, 50.0, 0.5)


def of_classes(*names: str) -> DatasetSpec:
    return DatasetSpec((3,), "table", "classes", names)


def trained(task: ClassifyTask, z: torch.Tensor, y: torch.Tensor, training: bool = True) -> float:
    return float(task.loss("model", torch.nn.Identity().train(training), Batch(z, y, len(y)))[0])


def each(z: np.ndarray, y: np.ndarray, name: str) -> np.ndarray:
    """The loss of each row, written out."""
    hot = np.eye(3)[y]
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    if name == "mse":
        return ((p - hot) ** 2).mean(1)
    if name == "binary_cross_entropy":
        s = 1 / (1 + np.exp(-z))
        return -(hot * np.log(s) + (1 - hot) * np.log(1 - s)).mean(1)
    return -np.log(p[np.arange(len(y)), y])


@pytest.mark.parametrize("name", ["auto", "mse", "binary_cross_entropy"])
def test_the_loss_is_the_mean_over_rows_of_weight_times_loss(name: str) -> None:
    task = built(Classify(loss=name, class_weights=WEIGHTS), of_classes("a", "b", "c"))
    losses = each(Z.numpy().astype(np.float64), Y.numpy(), name)
    hand = sum(WEIGHTS[label] * loss for label, loss in zip(Y.tolist(), losses)) / 4
    assert trained(task, Z, Y) == pytest.approx(hand, rel=1e-6)
    assert trained(task, Z, Y, training=False) == pytest.approx(losses.mean(), rel=1e-6), "as Keras validates"


@pytest.mark.parametrize("name", ["auto", "mse"])
def test_two_classes_by_one_logit_are_weighted_too(name: str) -> None:
    task = built(Classify(loss=name, class_weights={"1": 50.0}), of_classes("no", "yes"))
    z, y = np.array([1.5, -0.5, 2.0]), np.array([1, 1, 0])
    p = 1 / (1 + np.exp(-z))
    losses = (p - y) ** 2 if name == "mse" else -(y * np.log(p) + (1 - y) * np.log(1 - p))
    hand = (50 * losses[0] + 50 * losses[1] + losses[2]) / 3
    assert trained(task, torch.tensor(z)[:, None].float(), torch.tensor(y)) == pytest.approx(hand, rel=1e-6)


def test_balanced_is_scikit_learns_formula() -> None:
    y = np.repeat([0, 1, 2], [10, 3, 2])
    assert balanced([10, 3, 2]) == pytest.approx(compute_class_weight("balanced", classes=np.arange(3), y=y).tolist())
    assert balanced([4, 0, 4]) == [1.0, 1.0, 1.0], "a class without rows is not counted among the classes"


def test_weights_are_named_by_class_or_number_and_others_weigh_one() -> None:
    assert in_order({"yes": 3.0, "0": 2.0}, ("no", "yes", "perhaps"), "class") == [2.0, 3.0, 1.0]
    assert in_order({"3": 9.0}, ("3", "4"), "class") == [9.0, 1.0], "a name comes before a number"
    for wrong in ({"yess": 1.0}, {"no": 1.0, "0": 2.0}, {"9": 1.0}, (1.0,), (0.0, 0.0)):
        with pytest.raises(ValueError):
            in_order(wrong, ("no", "yes"), "class")


def test_balanced_weights_are_counted_on_the_training_rows(tmp_path: Path) -> None:
    components, _ = made(tmp_path, "dataset=breast_cancer", "model=softmax", "task.class_weights=balanced")
    y = components.prepared.train.y
    weights = compute_class_weight("balanced", classes=np.arange(2), y=y)
    assert weights[0] > 1.2 > 0.9 > weights[1], "two in three tumours are benign"
    x, labels = components.train.range(0, 50)
    z = components.model(x)
    losses = torch.nn.functional.binary_cross_entropy_with_logits(z[:, 0], labels.float(), reduction="none")
    hand = (losses * torch.tensor(weights)[labels]).sum() / 50
    loss = components.task.loss("model", components.model, Batch(x, labels, 50))[0]
    assert loss.item() == pytest.approx(hand.item(), rel=1e-6)


def test_a_weight_multiplies_the_training_loss_of_a_run(go) -> None:
    overrides = ["dataset=breast_cancer", "model=softmax", "epochs=3", "optimizer=sgd", "train_size=200"]
    plain = go(*overrides)
    heavy = go(*overrides, "task.class_weights={malignant: 50}")
    assert heavy.folder != plain.folder
    assert heavy.result["train"]["loss"] > 2 * plain.result["train"]["loss"], "the training loss is weighted"
    assert heavy.result["config"]["task.class_weights.malignant"] == 50


@pytest.mark.parametrize(("typed", "wanted"), [
    ("{malignant: -1}", "a list of numbers or a mapping"), ("[1]", "expected 2 weights, one for each class"),
    ("{malignent: 2}", "did you mean  malignant"), ("balance", "balanced"), ("[0,0]", "weight > 0"),
])
def test_wrong_weights_are_said_before_a_start(typed: str, wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        preflight(["dataset=breast_cancer", "model=dense", f"task.class_weights={typed}"])
    assert len(caught.value.problems) == 1 and wanted in caught.value.problems[0].expected


def test_an_unweighted_runs_identity_stays() -> None:
    from dlrun.config.identity import essence

    assert "class_weights" not in essence(preflight(["model=dense"]).config)["task"]
