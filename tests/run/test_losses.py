"""Losses, accuracy and precision of a whole run against formulas written out and a plain PyTorch loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from dlrun.data.batches import permutation
from tests.engine.make import made
from tests.helpers.runs import last_weights
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run, rows

SGD = ["model=dense", "model.hidden=[12]", "optimizer=sgd", "optimizer.lr=0.5", "batch_size=64", "epochs=2", "seed=3"]
Loss = Callable[[Tensor, Tensor], Tensor]


def one_hot(y: Tensor, classes: int) -> Tensor:
    return (y[:, None] == torch.arange(classes)).float()


def binary(z: Tensor, y: Tensor) -> Tensor:
    p = 1 / (1 + torch.exp(-z[:, 0]))
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()


def binary_mse(z: Tensor, y: Tensor) -> Tensor:
    return ((1 / (1 + torch.exp(-z[:, 0])) - y) ** 2).mean()


def softmax(z: Tensor) -> Tensor:
    powers = torch.exp(z - z.max(1, keepdim=True).values)
    return powers / powers.sum(1, keepdim=True)


def cross_entropy(z: Tensor, y: Tensor) -> Tensor:
    return -torch.log(softmax(z)[torch.arange(len(y)), y]).mean()


def mse(z: Tensor, y: Tensor) -> Tensor:
    return ((softmax(z) - one_hot(y, z.shape[1])) ** 2).mean()  # over rows and classes, as Keras does


def binary_classes(z: Tensor, y: Tensor) -> Tensor:
    p, t = 1 / (1 + torch.exp(-z)), one_hot(y, z.shape[1])
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()


CASES: dict[str, tuple[list[str], int, Loss]] = {
    "two classes": (["dataset=breast_cancer"], 1, binary),
    "two classes, named": (["dataset=breast_cancer", "task.loss=binary_cross_entropy"], 1, binary),
    "two classes, mse": (["dataset=breast_cancer", "task.loss=mse"], 1, binary_mse),
    "two classes, two outputs": (["dataset=breast_cancer", "task.loss=cross_entropy"], 2, cross_entropy),
    "three classes": (["dataset=wine"], 3, cross_entropy),
    "three classes, named": (["dataset=wine", "task.loss=cross_entropy"], 3, cross_entropy),
    "three classes, mse": (["dataset=wine", "task.loss=mse"], 3, mse),
    "three classes, binary": (["dataset=wine", "task.loss=binary_cross_entropy"], 3, binary_classes),
}


def forward(weights: list[Tensor], x: Tensor) -> Tensor:
    w1, b1, w2, b2 = weights
    return torch.clamp(x @ w1.T + b1, min=0) @ w2.T + b2


def classes_of(z: Tensor) -> Tensor:
    return (z[:, 0] > 0).long() if z.shape[1] == 1 else z.argmax(1)


@pytest.mark.parametrize("name", CASES)
def test_a_run_is_the_plain_loop_with_the_loss_written_out(go, tmp_path: Path, name: str) -> None:
    overrides, outputs, loss_of = CASES[name]
    outcome = go(*overrides, *SGD)
    components, _ = made(tmp_path / "other", *overrides, *SGD)  # its initial weights and rows
    weights = [weight.detach().clone().requires_grad_() for weight in components.model.parameters()]
    assert weights[-1].shape == (outputs,)
    x, y = components.train.range(0, components.train.count)
    for epoch in range(2):
        order, losses, right = permutation(len(x), 3, epoch), 0.0, 0
        for start in range(0, len(x), 64):
            index = order[start:start + 64]
            z = forward(weights, x[index])
            loss = loss_of(z, y[index])
            gradients = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                for weight, gradient in zip(weights, gradients):
                    weight -= 0.5 * gradient
            losses += loss.item() * len(index)
            right += (classes_of(z) == y[index]).sum().item()
        row = rows(outcome.folder)[epoch]
        assert row["train/loss"] == pytest.approx(losses / len(x), rel=1e-5), "the running mean over rows"
        assert row["train/accuracy"] == right / len(x)
    for mine, theirs in zip(weights, last_weights(outcome.folder).values()):
        torch.testing.assert_close(mine.detach(), theirs, rtol=1e-4, atol=1e-6)
    for split, data in (("val", components.val), ("test", components.test)):
        x, y = data.range(0, data.count)
        z = forward(weights, x).detach()
        assert outcome.result[split]["loss"] == pytest.approx(loss_of(z, y).item(), rel=1e-4)
        assert outcome.result[split]["accuracy"] == (classes_of(z) == y).sum().item() / len(y)


def test_binary_classification_in_numpy(go, tmp_path: Path) -> None:
    overrides = ["dataset=breast_cancer", "model=softmax", "epochs=3", "batch_size=64", "optimizer.lr=0.05"]
    outcome = go(*overrides)
    assert outcome.result["parameters"] == 30 + 1
    components, _ = made(tmp_path / "other", *overrides)
    x, y = (tensor.numpy() for tensor in components.test.range(0, components.test.count))
    weight, bias = (tensor.numpy().astype(np.float64) for tensor in last_weights(outcome.folder).values())
    p = 1 / (1 + np.exp(-(x @ weight[0] + bias[0])))
    loss = -np.mean(np.where(y == 1, np.log(p), np.log(1 - p)))
    assert outcome.result["test"]["loss"] == pytest.approx(loss, rel=1e-5)
    assert outcome.result["test"]["accuracy"] == np.mean((p > 0.5) == y) > 0.9


def test_probabilities_add_up(tmp_path: Path) -> None:
    for overrides, outputs in ((["dataset=breast_cancer"], 1), (["dataset=wine"], 3)):
        components, _ = made(tmp_path, *overrides, *SGD)
        z = torch.randn(5, outputs)
        p = components.task.probabilities(z)
        assert p.shape == (5, max(2, outputs)) and torch.allclose(p.sum(1), torch.ones(5))
        assert torch.equal(p.argmax(1), components.task.classify(z))


def test_bf16_trains_and_resumes_with_equal_bits(go) -> None:
    overrides = ["dataset=digits", "model=cnn", "model.filters=[4]", "model.hidden=[16]", "model.dropout=0.2",
                 "batch_size=64", "epochs=3", "optimizer.lr=0.01", "precision=bf16"]
    whole = go(*overrides, "output_dir=whole")
    assert whole.result["test"]["accuracy"] > 0.6
    for step in (5, 25, 40):
        with signalled_after(step):
            go(*overrides)
    again = go(*overrides)
    assert_same_run(whole.folder, again.folder)
    full = go(*[override for override in overrides if override != "precision=bf16"])
    assert full.folder != again.folder, "precision is part of what a run is"
    for name, weight in last_weights(again.folder).items():
        assert weight.dtype == torch.float32, "the weights themselves stay in float32"
        assert not torch.equal(weight, last_weights(full.folder)[name])
    assert abs(full.result["test"]["accuracy"] - again.result["test"]["accuracy"]) < 0.1


def test_bf16_rounds_the_forward_pass_and_not_the_loss(tmp_path: Path) -> None:
    components, run = made(tmp_path, "dataset=wine", *SGD, "precision=bf16")
    x, y = components.val.range(0, components.val.count)
    with run.step.cast():
        inside = components.model(x)
    assert inside.dtype == torch.bfloat16
    assert components.measure(components.val, run.step.cast)["loss"] == pytest.approx(
        cross_entropy(inside.detach().float(), y).item(), rel=1e-6)
