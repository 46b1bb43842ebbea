"""The variational loss: divergence by numerical integration and by torch.distributions, terms and weights by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from dlrun.models.families.vae import Vae
from dlrun.models.step_rng import StepRng
from dlrun.tasks.vae import Vae as Config
from dlrun.tasks.vae.task import VaeTask, divergence
from tests.tasks.make import made, measured, rows


@pytest.mark.parametrize(("mu", "log_var"), [(0.0, 0.0), (1.3, -0.7), (-2.0, 1.1), (0.2, -3.0)])
def test_the_divergence_is_the_integral(mu: float, log_var: float) -> None:
    deviation = math.exp(log_var / 2)
    z = torch.linspace(mu - 12 * deviation, mu + 12 * deviation, 200_001, dtype=torch.float64)
    code, prior = (Normal(torch.tensor(m).double(), torch.tensor(s).double()) for m, s in ((mu, deviation), (0.0, 1.0)))
    integral = torch.trapezoid(code.log_prob(z).exp() * (code.log_prob(z) - prior.log_prob(z)), z).item()
    told = divergence(torch.tensor(mu).double(), torch.tensor(log_var).double()).item()
    assert told == pytest.approx(integral, abs=1e-6)


def terms(config: Config, seed: int = 4) -> tuple[dict[str, float], dict[str, float]]:
    """What the task tells of a batch, and the same written out with the noise drawn again."""
    model, rng = made(Vae(hidden=(5,), code=3), seed=seed)
    with torch.no_grad():
        model.log_var.dense_1.bias.copy_(torch.tensor([0.3, -1.0, 0.8]))
    x = torch.rand(6, 1, 4, 4)
    rng.seed_step(9)
    told = measured(VaeTask(config, rng, "sigmoid"), model, rows(x))
    again = StepRng(seed, "cpu")
    again.seed_step(9)
    eps = torch.empty(6, 3).normal_(generator=again.generator)
    mu, log_var = model.moments(x)
    z = mu + (log_var / 2).exp() * eps if config.spread == "deviation" else mu + log_var.exp() * eps
    y = model.decode(z).flatten(1)
    x = x.flatten(1)
    squared, crossed = (x - y) ** 2, -(x * y.log() + (1 - x) * (1 - y).log())
    error = squared if config.loss == "mse" else crossed
    reconstruction = (error.sum(1) if config.reduction == "sum" else error.mean(1)).mean()
    kl = kl_divergence(Independent(Normal(mu, (log_var / 2).exp()), 1),
                       Independent(Normal(torch.zeros(3), torch.ones(3)), 1))
    kl = (kl if config.kl_reduction == "sum" else kl / 3).mean()
    loss = config.reconstruction_weight * reconstruction + config.kl_weight * kl
    return told, {"loss": loss.item(), "reconstruction": reconstruction.item(), "kl": kl.item()}


@pytest.mark.parametrize("config", [
    Config(), Config(loss="mse"), Config(reduction="mean", kl_reduction="mean", kl_weight=0.3),
    Config(loss="mse", reduction="mean", reconstruction_weight=500.0), Config(spread="variance"),
])
def test_the_terms_are_those_written_out(config: Config) -> None:
    told, expected = terms(config)
    assert told == pytest.approx(expected, rel=1e-5)


def test_chollets_loss_is_a_setting() -> None:
    """Listing 8.26: mean binary cross-entropy - 5e-4 * mean(1 + log_var - mu^2 - exp(log_var))."""
    told, _ = terms(Config(reduction="mean", kl_reduction="mean", kl_weight=0.001, spread="variance"))
    model, _ = made(Vae(hidden=(5,), code=3), seed=4)
    assert told["loss"] - told["reconstruction"] == pytest.approx(0.001 * told["kl"], rel=1e-3)
    mu, log_var = torch.randn(7, 3), torch.randn(7, 3)
    printed = -5e-4 * (1 + log_var - mu**2 - log_var.exp()).mean()
    assert (0.001 * divergence(mu, log_var).mean(1).mean()).item() == pytest.approx(printed.item(), rel=1e-5)


def test_fosters_loss_is_a_setting() -> None:
    """Listing 3.8: r_loss_factor * mean squared error - 0.5 * sum(1 + log_var - mu^2 - exp(log_var))."""
    told, expected = terms(Config(loss="mse", reduction="mean", reconstruction_weight=1000.0))
    assert told["loss"] == pytest.approx(1000 * told["reconstruction"] + told["kl"], rel=1e-6)
    assert told["kl"] == pytest.approx(expected["kl"], rel=1e-5)


def test_each_row_has_a_sample_of_its_own_and_evaluation_is_a_function_of_the_noises_place() -> None:
    model, rng = made(Vae(hidden=(5,), code=3))
    task = VaeTask(Config(), rng, "sigmoid")
    x = torch.rand(4, 1, 4, 4)
    model.eval()
    rng.seed_step(-1)
    first, second = measured(task, model, rows(x)), measured(task, model, rows(x))
    rng.seed_step(-1)
    assert measured(task, model, rows(x)) == first != second
    assert torch.equal(model(x), model(x))  # pictures take the mean


def test_both_heads_and_the_decoder_learn() -> None:
    model, rng = made(Vae(hidden=(5,), code=3))
    VaeTask(Config(), rng, "sigmoid").loss("model", model, rows(torch.rand(4, 1, 4, 4)))[0].backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for name, weight in model.named_parameters()
               if name.endswith("weight"))
