"""The order of a GAN's updates: the engine's step against plain PyTorch, written out, ends with the same weights."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.config.schema.optimizer import Optimizer
from dlrun.engine.optimizers.adam import Adam
from dlrun.engine.optimizers.rmsprop import RmsProp
from dlrun.engine.optimizers.sgd import Sgd
from dlrun.models.families.gan import Gan
from dlrun.models.step_rng import StepRng
from dlrun.tasks.adversarial import Adversarial as Config
from dlrun.tasks.adversarial.task import AdversarialTask
from tests.tasks.make import made, rows, step_of

STEPS = 6
NET: dict[str, Any] = {"latent": 3, "generator_hidden": (5,), "discriminator_hidden": (4,), "dropout": 0.0,
                       "batch_norm": False}
BATCHES = [torch.rand(4, 1, 4, 4, generator=torch.Generator().manual_seed(step)) for step in range(STEPS)]


def by_engine(config: Config, optimizer: Optimizer, **net: Any) -> tuple[Any, dict[str, float]]:
    """The model after some steps of the engine, and the measures of all of them."""
    model, rng = made(Gan(**{**NET, **net}))
    step = step_of(AdversarialTask(config, rng), model, rng, config, optimizer)
    for number, x in enumerate(BATCHES):
        step(rows(x), number)
    return model, step.totals.read()


def plain_optimizers(model: Any, config: Config, optimizer: Optimizer) -> tuple[Any, Any]:
    lr = (config.generator_optimizer or {}).get("lr", optimizer.lr)
    both = (model.discriminator.parameters(), optimizer.lr), (model.generator.parameters(), lr)
    if isinstance(optimizer, RmsProp):
        d, g = (torch.optim.RMSprop(params, rate, alpha=0.9, eps=1e-7) for params, rate in both)
    elif isinstance(optimizer, Adam):
        d, g = (torch.optim.Adam(params, rate, eps=1e-7) for params, rate in both)
    else:
        d, g = (torch.optim.SGD(params, rate) for params, rate in both)
    return d, g


def by_hand(config: Config, optimizer: Optimizer, **net: Any) -> Any:
    """The same in plain PyTorch: losses, whose turn it is, and nothing of the engine or the task."""
    model, _ = made(Gan(**{**NET, **net}))
    rng = StepRng(0, "cpu")
    G, D = model.generator, model.discriminator
    d, g = plain_optimizers(model, config, optimizer)
    bce = F.binary_cross_entropy_with_logits

    def latent() -> Tensor:
        return torch.empty(4, 3).normal_(generator=rng.generator)

    def squares(network: nn.Module) -> Tensor:
        return net.get("l2", 0.0) * network.dense_1.weight.square().sum() if net.get("l2") else torch.zeros(())

    def judge_loss(x: Tensor, fake: Tensor) -> Tensor:
        if config.loss == "standard":
            loss = (bce(D(x), torch.ones(4, 1)) + bce(D(fake), torch.zeros(4, 1))) / 2
        else:
            loss = D(fake).mean() - D(x).mean()
        if config.gradient_penalty:
            share = torch.empty(4, 1, 1, 1).uniform_(generator=rng.generator)
            between = (share * x + (1 - share) * fake).requires_grad_()
            gradient, = torch.autograd.grad(D(between).sum(), between, create_graph=True)
            loss = loss + config.gradient_penalty * ((1 - gradient.flatten(1).norm(dim=1)) ** 2).mean()
        return loss + squares(D)

    def maker_loss() -> Tensor:
        score = D(G(latent()))
        return (bce(score, torch.ones(4, 1)) if config.loss == "standard" else -score.mean()) + squares(G)

    def update(which: Any, loss: Tensor) -> None:
        which.zero_grad()
        loss.backward()
        which.step()

    for number, x in enumerate(BATCHES):
        rng.seed_step(number)
        maker_moves = (number + 1) % config.critic_steps == 0
        if config.order == "simultaneous" and maker_moves:
            fake = G(latent()).detach()
            judged = torch.autograd.grad(judge_loss(x, fake), list(D.parameters()))
            making = torch.autograd.grad(maker_loss(), list(G.parameters()))
            for weight, gradient in [*zip(D.parameters(), judged), *zip(G.parameters(), making)]:
                weight.grad = gradient
            d.step()
            g.step()
            continue
        if config.updates == "split":
            update(d, bce(D(x), torch.ones(4, 1)) + squares(D))
            update(d, bce(D(G(latent()).detach()), torch.zeros(4, 1)) + squares(D))
        else:
            update(d, judge_loss(x, G(latent()).detach()))
        if config.clip:
            with torch.no_grad():
                for weight in D.parameters():
                    weight.clip_(-config.clip, config.clip)
        if maker_moves:
            for _ in range(config.generator_steps):
                update(g, maker_loss())
    return model


CASES = {
    "alternating": (Config(), Sgd(lr=0.5), {}),
    "alternating, separate passes": (Config(one_batch=False), Sgd(lr=0.5), {}),
    "alternating, adam": (Config(), Adam(lr=0.05), {}),
    "simultaneous": (Config(order="simultaneous"), Sgd(lr=0.5), {}),
    "simultaneous, adam": (Config(order="simultaneous"), Adam(lr=0.05), {}),
    "penalised": (Config(), Sgd(lr=0.5), {"l2": 0.05}),
    "penalised, simultaneous": (Config(order="simultaneous"), Sgd(lr=0.5), {"l2": 0.05}),
    "foster's gan": (Config(updates="split", generator_optimizer={"lr": 0.01}), RmsProp(lr=0.02), {}),
    # A Wasserstein critic's last bias has the gradient 0 but for rounding, which rmsprop and adam would blow up.
    "wgan": (Config(loss="wasserstein", critic_steps=3, clip=0.1), Sgd(lr=0.2), {}),
    "wgan, simultaneous": (Config(loss="wasserstein", critic_steps=3, order="simultaneous"), Sgd(lr=0.2), {}),
    "wgan-gp": (Config(loss="wasserstein", critic_steps=2, gradient_penalty=10.0), Sgd(lr=0.02), {}),
    "many generator steps": (Config(generator_steps=3), Sgd(lr=0.5), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_weights_are_those_of_a_plain_loop(case: str) -> None:
    config, optimizer, net = CASES[case]
    model, _ = by_engine(config, optimizer, **net)
    plain = by_hand(config, optimizer, **net).state_dict()
    begun = made(Gan(**{**NET, **net}))[0].state_dict()
    for name, weight in model.state_dict().items():
        # The updates are of 0.01 and more; a rounding of a small gradient grows in an adaptive optimizer.
        torch.testing.assert_close(weight, plain[name], rtol=1e-4, atol=2e-5)
        assert name.endswith("bias") or not torch.equal(weight, begun[name])


def test_the_orders_are_different_trainings() -> None:
    alternating, _ = by_engine(Config(), Sgd(lr=0.5))
    simultaneous, _ = by_engine(Config(order="simultaneous"), Sgd(lr=0.5))
    assert not torch.allclose(alternating.generator.dense_1.weight, simultaneous.generator.dense_1.weight)


def test_each_measure_is_a_mean_over_the_steps_in_which_it_was_taken() -> None:
    config, model, rng = Config(critic_steps=3), *made(Gan(**NET))
    task = AdversarialTask(config, rng)
    step = step_of(task, model, rng, config, Sgd(lr=0.5))
    losses = []
    for number, x in enumerate(BATCHES):
        if number % 3 == 2:  # the generator's loss, by a copy of what is there after the discriminator's update
            twin_task, twin = AdversarialTask(config, rng), copy.deepcopy(model)
            rng.seed_step(number)
            probe = step_of(twin_task, twin, rng, config, Sgd(lr=0.5))
            probe(rows(x), number)
            losses.append(probe.totals.read()["generator_loss"])
        step(rows(x), number)
    told = step.totals.read()
    assert told["generator_loss"] == pytest.approx(sum(losses) / 2)
    assert len(losses) == 2 and step.totals.rows == 4 * STEPS


def test_a_step_depends_on_its_number_alone() -> None:
    config, noise_model = Config(label_noise=0.1), made(Gan(**{**NET, "dropout": 0.5}))
    model, rng = noise_model
    ends = []
    for before in (0, 5):
        twin = copy.deepcopy(model)
        step = step_of(AdversarialTask(config, rng), twin, rng, config, Sgd(lr=0.5))
        rng.seed_step(before)
        step(rows(BATCHES[0]), 3)
        ends.append(twin.state_dict())
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())
