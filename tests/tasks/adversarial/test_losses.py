"""The turns of a GAN: losses, labels, penalty and clipping against values written out."""

from __future__ import annotations

from math import exp, log

import pytest
import torch
from torch import Tensor

from dlrun.config.problem import ConfigError
from dlrun.models.families.gan import Gan
from dlrun.models.step_rng import StepRng
from dlrun.preflight.preflight import preflight
from dlrun.tasks.adversarial import Adversarial as Config
from dlrun.tasks.adversarial.losses import clip, gradient_penalty, score_loss
from dlrun.tasks.adversarial.task import AdversarialTask
from tests.tasks.make import made, measured, rows

SMALL = Gan(latent=3, generator_hidden=(5,), discriminator_hidden=(4,), dropout=0.0, batch_norm=False)
LINEAR = Gan(latent=3, generator_hidden=(5,), discriminator_hidden=(), dropout=0.0, batch_norm=False)


def softplus(x: Tensor) -> Tensor:
    return (1 + x.exp()).log()


def scores(model, rng: StepRng, x: Tensor, step: int) -> tuple[Tensor, Tensor]:
    """The judge's scores of real rows and of those that the generator makes in a step's first turn."""
    rng.seed_step(step)
    z = torch.empty(len(x), 3).normal_(generator=rng.generator)
    with torch.no_grad():
        return model.score(x)[:, 0].double(), model.score(model.decode(z))[:, 0].double()


def cases() -> list:
    real, fake = (lambda r: softplus(-r).mean()), (lambda f: softplus(f).mean())  # -log(p), -log(1 - p)
    return [
        (Config(), lambda r, f: (real(r) + fake(f)) / 2, lambda f: real(f)),
        (Config(one_batch=False), lambda r, f: (real(r) + fake(f)) / 2, lambda f: real(f)),
        (Config(real_label=0), lambda r, f: (fake(r) + real(f)) / 2, lambda f: fake(f)),
        (Config(label_smoothing=0.1), lambda r, f: (0.9 * real(r) + 0.1 * fake(r) + fake(f)) / 2, lambda f: real(f)),
        (Config(label_smoothing=0.1, real_label=0), lambda r, f: (0.9 * fake(r) + 0.1 * real(r) + real(f)) / 2,
         lambda f: fake(f)),
        (Config(loss="least_squares"), lambda r, f: ((r - 1)**2).mean() / 2 + (f**2).mean() / 2,
         lambda f: ((f - 1)**2).mean() / 2),
        (Config(loss="wasserstein"), lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
    ]


@pytest.mark.parametrize(("config", "of_judge", "of_generator"), cases())
def test_the_losses_are_those_written_out(config: Config, of_judge, of_generator) -> None:
    model, rng = made(SMALL)
    task, x = AdversarialTask(config, rng), torch.rand(6, 1, 4, 4)
    on_real, on_fake = scores(model, rng, x, 2)
    rng.seed_step(2)
    told = measured(task, model, rows(x), "discriminator")
    rng.seed_step(2)
    told |= measured(task, model, rows(x), "generator")
    assert told["discriminator_loss"] == pytest.approx(of_judge(on_real, on_fake).item(), rel=1e-5)
    assert told["generator_loss"] == pytest.approx(of_generator(on_fake).item(), rel=1e-5)
    if config.loss == "wasserstein":
        assert told["distance"] == pytest.approx((on_real.mean() - on_fake.mean()).item(), rel=1e-4)
    else:
        edge = 0.5 if config.loss == "least_squares" else 0
        sides = (on_real > edge, on_fake <= edge) if config.real_label else (on_real <= edge, on_fake > edge)
        assert [told["real_accuracy"], told["fake_accuracy"]] == pytest.approx([s.float().mean().item() for s in sides])


def test_a_judge_that_knows_nothing_has_the_loss_log_2() -> None:
    model, rng = made(SMALL)
    for weight in model.discriminator.parameters():
        torch.nn.init.zeros_(weight)
    told = measured(AdversarialTask(Config(), rng), model, rows(torch.rand(6, 1, 4, 4)), "discriminator")
    assert told["discriminator_loss"] == pytest.approx(log(2))


@pytest.mark.parametrize("real_label", [1, 0])
def test_label_noise_is_added_to_both_labels_in_the_order_of_the_draws(real_label: int) -> None:
    """Chollet, listing 8.32: labels += 0.05 * random, with real rows labelled 0."""
    model, rng = made(SMALL)
    task, x = AdversarialTask(Config(label_noise=0.05, real_label=real_label), rng), torch.rand(6, 1, 4, 4)
    on_real, on_fake = scores(model, rng, x, 2)
    up = [torch.empty(6, 1).uniform_(generator=rng.generator)[:, 0].double() * 0.05 for _ in range(2)]
    labels = [real_label + up[0], 1 - real_label + up[1]]
    expected = sum((label * softplus(-s) + (1 - label) * softplus(s)).mean() / 2
                   for s, label in zip((on_real, on_fake), labels))
    rng.seed_step(2)
    told = measured(task, model, rows(x), "discriminator")
    assert told["discriminator_loss"] == pytest.approx(expected.item(), rel=1e-5)
    assert 0 <= up[0].min() and up[0].max() < 0.05 and not torch.equal(*up)


def test_the_halves_of_a_split_update_are_the_two_terms() -> None:
    model, rng = made(SMALL)
    x = torch.rand(6, 1, 4, 4)
    on_real, on_fake = scores(model, rng, x, 2)
    task = AdversarialTask(Config(updates="split"), rng)
    real = measured(task, model, rows(x), "discriminator.real")
    rng.seed_step(2)
    fake = measured(task, model, rows(x), "discriminator.fake")
    assert real["discriminator_loss"] == pytest.approx(softplus(-on_real).mean().item(), rel=1e-5)
    assert fake["discriminator_loss"] == pytest.approx(softplus(on_fake).mean().item(), rel=1e-5)
    assert set(real) == {"discriminator_loss", "real_accuracy"} and "fake_accuracy" in fake


def test_the_penalty_of_a_linear_critic_is_that_of_its_weights_length() -> None:
    model, rng = made(LINEAR)
    x, fake, share = torch.rand(6, 1, 4, 4), torch.rand(6, 1, 4, 4), torch.rand(6, 1, 1, 1)
    weight = model.discriminator.dense_1.weight
    with torch.no_grad():
        weight.copy_(torch.arange(16.0) / 8)
    length = weight.detach().square().sum().sqrt()
    value = gradient_penalty(model, x, fake, share)
    assert value.item() == pytest.approx(((1 - length)**2).item(), rel=1e-5)
    value.backward()  # d (1 - |w|)^2 / dw = -2 (1 - |w|) w / |w|
    torch.testing.assert_close(weight.grad, -2 * (1 - length) * weight.detach() / length)


def test_the_penalty_is_taken_at_the_points_between_by_finite_differences() -> None:
    model, rng = made(Gan(latent=3, discriminator_hidden=(6,), dropout=0.0, slope=0.2))
    model.double()
    real, fake = torch.rand(3, 1, 4, 4).double(), torch.rand(3, 1, 4, 4).double()
    share = torch.rand(3, 1, 1, 1).double()
    between = share * real + (1 - share) * fake
    gradients = torch.zeros(3, 16, dtype=torch.float64)
    for place in range(16):
        nudge = torch.zeros(16, dtype=torch.float64)
        nudge[place] = 1e-6
        nudge = nudge.view(1, 1, 4, 4)
        gradients[:, place] = ((model.score(between + nudge) - model.score(between - nudge)) / 2e-6)[:, 0].detach()
    expected = (1 - gradients.square().sum(1).sqrt()).square().mean().item()
    assert gradient_penalty(model, real, fake, share).item() == pytest.approx(expected, rel=1e-4)  # norms in float32


def test_the_penalty_is_in_the_critics_loss_with_its_weight_in_training_and_evaluation() -> None:
    model, rng = made(LINEAR)
    x = torch.rand(6, 1, 4, 4)
    length = model.discriminator.dense_1.weight.norm().item()
    both = []
    for weight in (0.0, 10.0):
        rng.seed_step(5)
        task = AdversarialTask(Config(loss="wasserstein", gradient_penalty=weight), rng)
        both.append(measured(task, model, rows(x), "discriminator")["discriminator_loss"])
    assert both[1] - both[0] == pytest.approx(10 * (1 - length)**2, rel=1e-4)
    model.eval()
    rng.seed_step(5)
    with torch.no_grad():
        assert measured(task, model, rows(x), "discriminator")["discriminator_loss"] == pytest.approx(both[1], rel=1e-5)


def test_a_critic_without_slope_has_a_finite_penalty_gradient() -> None:
    model, rng = made(LINEAR)
    torch.nn.init.zeros_(model.discriminator.dense_1.weight)
    value = gradient_penalty(model, torch.rand(2, 1, 4, 4), torch.rand(2, 1, 4, 4), torch.rand(2, 1, 1, 1))
    value.backward()
    assert value.item() == pytest.approx(1, abs=1e-5) and torch.isfinite(model.discriminator.dense_1.weight.grad).all()


def test_clipping_bounds_every_parameter_and_is_the_critics_alone() -> None:
    model, rng = made(SMALL)
    task = AdversarialTask(Config(loss="wasserstein", clip=0.01), rng)
    before = {name: weight.clone() for name, weight in model.discriminator.named_parameters()}
    task.after_update("discriminator")(model.discriminator)
    for name, weight in model.discriminator.named_parameters():
        assert torch.equal(weight, before[name].clip(-0.01, 0.01))
    assert task.after_update("generator") is None
    assert AdversarialTask(Config(), rng).after_update("discriminator") is None
    clip(model.discriminator, 1e-3)
    assert max(weight.abs().max().item() for weight in model.discriminator.parameters()) <= 1e-3 * (1 + 1e-6)


@pytest.mark.parametrize(("config", "expected"), [
    (Config(), [["d"], ["g"]] * 3),
    (Config(critic_steps=3), [["d"], ["d"], ["d"], ["g"]] * 1),
    (Config(order="simultaneous"), [["d", "g"]] * 3),
    (Config(order="simultaneous", critic_steps=3), [["d"], ["d"], ["d", "g"]]),
    (Config(updates="split"), [["d.real"], ["d.fake"], ["g"]] * 3),
    (Config(critic_steps=3, generator_steps=2), [["d"], ["d"], ["d"], ["g"], ["g"]]),
])
def test_whose_turn_it_is_in_the_first_three_steps(config: Config, expected: list) -> None:
    task = AdversarialTask(config, StepRng(0, "cpu"))
    groups = [[turn.replace("discriminator", "d").replace("generator", "g") for turn in group]
              for step in range(3) for group in task.turn(step)]
    assert groups == expected


def test_the_same_fakes_go_to_both_players_where_that_is_asked() -> None:
    for fakes, alike in [("same", True), ("fresh", False)]:
        model, rng = made(SMALL)
        task, seen = AdversarialTask(Config(fakes=fakes), rng), []
        model.generator.register_forward_hook(lambda module, args, made, seen=seen: seen.append(args[0]))
        for step in range(2):
            rng.seed_step(step)
            for player in ("discriminator", "generator"):
                task.loss(player, model, rows(torch.rand(4, 1, 4, 4)))
        assert torch.equal(seen[0], seen[1]) is alike
        assert not torch.equal(seen[0], seen[2])  # another step, another draw


def test_predicted_fakes_leave_the_generators_averages_alone() -> None:
    x = rows(torch.rand(4, 1, 4, 4))
    moved = {}
    for mode in ("train", "predict"):
        model, rng = made(Gan(latent=3, generator_hidden=(5,), discriminator_hidden=(4,)))
        before = model.generator.batch_norm_1.running_mean.clone()
        AdversarialTask(Config(fakes_as=mode), rng).loss("discriminator", model, x)
        moved[mode] = not torch.equal(model.generator.batch_norm_1.running_mean, before)
        assert model.generator.training
    assert moved == {"train": True, "predict": False}


def test_a_still_judge_drops_nothing_in_the_generators_turn_alone() -> None:
    x, config = rows(torch.rand(4, 1, 4, 4)), Gan(latent=3, generator_hidden=(5,), dropout=0.5)
    for eval_mode in (True, False):
        model, rng = made(config)
        asked = []
        model.discriminator.dropout_1.register_forward_hook(
            lambda module, args, made, asked=asked: asked.append(module.training))
        task = AdversarialTask(Config(judge_still=eval_mode), rng)
        for player in ("discriminator", "generator"):
            task.loss(player, model, x)
        assert asked == [True, not eval_mode] and model.discriminator.training


def test_the_discriminators_loss_has_no_way_back_to_the_generator() -> None:
    model, rng = made(SMALL)
    for config, turn in [(Config(), "discriminator"), (Config(updates="split"), "discriminator.fake"),
                         (Config(loss="wasserstein", gradient_penalty=10.0), "discriminator")]:
        model.zero_grad(set_to_none=True)
        AdversarialTask(config, rng).loss(turn, model, rows(torch.rand(4, 1, 4, 4)))[0].backward()
        assert all(weight.grad is None for weight in model.generator.parameters())
        assert all(weight.grad is not None for weight in model.discriminator.parameters())


def test_clipped_probabilities_have_kerass_loss_and_no_gradient_beyond() -> None:
    values = [-40.0, -17.0, -16.0, -1.0, 0.0, 3.0, 16.0, 17.0, 40.0]
    for label in (0.0, 1.0, 1.05):
        given = torch.tensor(values, dtype=torch.float64).reshape(-1, 1).requires_grad_()
        loss = score_loss("standard", 1e-7)(given, torch.full_like(given, label))
        gradient, = torch.autograd.grad(loss, given)
        expected = []
        for value in values:  # keras/backend: clip(sigmoid(x), 1e-7, 1 - 1e-7), then the cross-entropy
            p = min(max(1 / (1 + exp(-value)), 1e-7), 1 - 1e-7)
            expected.append(-label * log(p) - (1 - label) * log(1 - p))
        assert loss.item() == pytest.approx(sum(expected) / len(values), rel=1e-6)
        moves = [(1 / (1 + exp(-value)) - label) / len(values) if abs(value) < 16.1 else 0 for value in values]
        assert gradient.flatten().tolist() == pytest.approx(moves, abs=1e-9)


def test_scores_that_are_no_probabilities_are_not_clipped_as_such() -> None:
    with pytest.raises(ConfigError, match="are no probabilities"):
        preflight(["model=gan", "task=wgan", "task.clip_probabilities=1e-7"])
