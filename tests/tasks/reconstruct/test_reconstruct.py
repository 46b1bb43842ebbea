"""Reconstruction: its losses, its noise and its sparsity against values written out."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from dlrun.models.families.autoencoder import Autoencoder
from dlrun.models.step_rng import StepRng
from dlrun.tasks.reconstruct import Reconstruct as Config
from dlrun.tasks.reconstruct.task import ReconstructTask, divergence
from tests.tasks.make import made, measured, rows


def test_the_loss_is_keras_mean_over_all_values() -> None:
    model, rng = made(Autoencoder(hidden=(), code=3))
    x = torch.rand(5, 1, 4, 4)
    y = model(x).detach()
    crossed = -(x * y.log() + (1 - x) * (1 - y).log()).mean().item()
    squared = ((x - y) ** 2).mean().item()
    length = ((x - y) ** 2).flatten(1).sum(1).sqrt().mean().item()
    for loss, expected in [("auto", crossed), ("binary_cross_entropy", crossed), ("mse", squared), ("l2", length)]:
        told = measured(ReconstructTask(Config(loss=loss), rng, "sigmoid"), model, rows(x))
        assert told == pytest.approx({"loss": expected, "mse": squared}, rel=1e-5)


def test_a_linear_output_is_measured_by_its_squared_error() -> None:
    model, rng = made(Autoencoder(hidden=(), code=3), (6,), "any")
    x = torch.randn(5, 6) * 3
    told = measured(ReconstructTask(Config(), rng, "linear"), model, rows(x))
    expected = ((x - model(x)) ** 2).mean().item()
    assert told == pytest.approx({"loss": expected, "mse": expected}, rel=1e-5)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_masking_sets_the_share_to_zero_and_leaves_the_others_as_they_are(share: float) -> None:
    _, rng = made(Autoencoder())
    task = ReconstructTask(Config(masked=share), rng, "sigmoid")
    x = torch.rand(400, 1, 8, 8) + 0.1
    y = task.corrupt(x)
    kept = y != 0
    assert torch.equal(y[kept], x[kept])
    assert (~kept).float().mean().item() == pytest.approx(share, abs=0.015)


def test_of_tokens_whole_words_are_masked() -> None:
    rng = StepRng(0, "cpu")
    task = ReconstructTask(Config(masked=0.25), rng, "linear", words=True)
    x = torch.rand(200, 5, 20) + 0.1
    y = task.corrupt(x)
    hidden = (y == 0).all(1)
    assert torch.equal(y, torch.where(hidden.unsqueeze(1), 0, x)), "a position is left alone or gone"
    assert hidden.float().mean().item() == pytest.approx(0.25, abs=0.02)


def test_gaussian_noise_has_the_deviation_and_the_targets_stay_clean() -> None:
    model, rng = made(Autoencoder(hidden=(), code=3))
    task = ReconstructTask(Config(gaussian=0.3, loss="mse"), rng, "sigmoid")
    x = torch.rand(500, 1, 4, 4)
    rng.seed_step(3)
    added = task.corrupt(x) - x
    assert added.mean().abs() < 0.02 and added.std().item() == pytest.approx(0.3, rel=0.03)
    rng.seed_step(3)
    told = measured(task, model, rows(x))
    assert told["loss"] == pytest.approx(((model(x + added) - x) ** 2).mean().item(), rel=1e-5)


def test_evaluation_is_a_function_of_the_noises_place() -> None:
    model, rng = made(Autoencoder())
    task = ReconstructTask(Config(masked=0.5), rng, "sigmoid")
    x = torch.rand(8, 1, 4, 4)
    model.eval()
    rng.seed_step(-1)
    first, second = measured(task, model, rows(x)), measured(task, model, rows(x))
    rng.seed_step(17)
    measured(task, model, rows(x))
    rng.seed_step(-1)
    assert measured(task, model, rows(x)) == first != second


def test_the_kl_sparsity_is_the_divergence_of_two_coins() -> None:
    code = torch.tensor([[0.1, 0.5], [0.3, 0.9]])  # means 0.2 and 0.7
    coins = [torch.distributions.Bernoulli(torch.tensor(p, dtype=torch.float64)) for p in (0.05, 0.2, 0.7)]
    expected = sum(torch.distributions.kl_divergence(coins[0], coin).item() for coin in coins[1:])
    by_hand = sum(0.05 * math.log(0.05 / mean) + 0.95 * math.log(0.95 / (1 - mean)) for mean in (0.2, 0.7))
    assert divergence(code, 0.05).item() == pytest.approx(expected, rel=1e-5) == pytest.approx(by_hand, rel=1e-5)
    assert divergence(torch.full((4, 3), 0.05), 0.05).item() == pytest.approx(0, abs=1e-6)
    assert math.isfinite(divergence(torch.zeros(4, 3), 0.05).item())


@pytest.mark.parametrize(("kind", "of"), [
    ("l1", lambda code: code.abs().sum() / len(code)),
    ("kl", lambda code: (0.1 * (0.1 / code.mean(0)).log() + 0.9 * (0.9 / (1 - code.mean(0))).log()).sum()),
])
def test_the_sparsity_of_the_code_is_added_with_its_weight(kind: str, of) -> None:
    model, rng = made(Autoencoder(hidden=(), code=3, code_activation="sigmoid"))
    x = torch.rand(6, 1, 4, 4)
    plain = measured(ReconstructTask(Config(), rng, "sigmoid"), model, rows(x))
    sparse = measured(ReconstructTask(Config(sparsity=kind, sparsity_weight=0.7, rho=0.1), rng, "sigmoid"), model,
                      rows(x))
    assert sparse["loss"] - plain["loss"] == pytest.approx(0.7 * of(model.encode(x)).item(), rel=1e-4)
    assert sparse["mse"] == plain["mse"]


def test_a_perfect_reconstruction_has_a_gradient_under_l2() -> None:
    values = torch.zeros(2, 3, requires_grad=True)
    model, rng = made(Autoencoder())
    ReconstructTask(Config(loss="l2"), rng, "linear")._loss(values, torch.zeros(2, 3)).backward()
    assert torch.isfinite(values.grad).all() and F.mse_loss(values, torch.zeros(2, 3)) == 0
