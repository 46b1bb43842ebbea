"""Each optimizer is its paper's (or Keras's) rule, with dlrun's defaults; so are clipping and penalties."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from dlrun.engine.optimizer_state import clip, load_optimizer_state, optimizer_state
from dlrun.engine.optimizers.adam import Adam
from dlrun.engine.without_compiler import bare_step
from dlrun.tasks._base.batch import Batch
from tests.engine.make import Point, config_of, made

# f(w) = sum(a w^2 / 2 - b w).  The last slope is so small that the place of eps matters.
CURVE, PULL = np.array([2.0, 0.3, 1e-3, 1e-5]), np.array([1.0, -0.4, 2e-3, 0.0])
START = [1.5, -2.0, 0.7, 0.9]
State = dict[str, np.ndarray]
Rule = Callable[[np.ndarray, np.ndarray, State, int], np.ndarray]


def slope(weight: np.ndarray) -> np.ndarray:
    return CURVE * weight - PULL


def sgd(w, g, s, t):
    return w - 0.01 * g


def momentum(w, g, s, t):  # Keras: velocity = momentum * velocity - lr * g
    s["v"] = 0.9 * s.get("v", 0 * g) - 0.01 * g
    return w + s["v"]


def nesterov(w, g, s, t):
    s["v"] = 0.9 * s.get("v", 0 * g) - 0.01 * g
    return w + 0.9 * s["v"] - 0.01 * g


def _mean_square(g, s, rho=0.9):
    s["ms"] = rho * s.get("ms", 0 * g) + (1 - rho) * g**2
    return s["ms"]


def rmsprop(w, g, s, t):  # Hinton's lecture 6e, Keras 2
    return w - 0.001 * g / (np.sqrt(_mean_square(g, s)) + 1e-7)


def rmsprop_inside(w, g, s, t):  # Keras 3
    return w - 0.001 * g / np.sqrt(_mean_square(g, s) + 1e-7)


def rmsprop_momentum(w, g, s, t):
    s["v"] = 0.8 * s.get("v", 0 * g) + 0.001 * g / (np.sqrt(_mean_square(g, s)) + 1e-7)
    return w - s["v"]


def rmsprop_centered(w, g, s, t):  # Graves 2013
    ms = _mean_square(g, s)
    s["mg"] = 0.9 * s.get("mg", 0 * g) + 0.1 * g
    return w - 0.001 * g / (np.sqrt(ms - s["mg"] ** 2) + 1e-7)


def _moments(g, s):
    s["m"] = 0.9 * s.get("m", 0 * g) + 0.1 * g
    return s["m"], _mean_square(g, s, 0.999)


def adam(w, g, s, t):  # Kingma and Ba, algorithm 1
    m, v = _moments(g, s)
    return w - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)


def amsgrad(w, g, s, t):
    m, v = _moments(g, s)
    s["top"] = np.maximum(s.get("top", 0 * g), v)
    return w - 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(s["top"] / (1 - 0.999**t)) + 1e-7)


def adamw(w, g, s, t):
    return adam(w, g, s, t) - 0.001 * 0.004 * w


def adagrad(w, g, s, t):
    s["sum"] = s.get("sum", 0.1 + 0 * g) + g**2
    return w - 0.001 * g / (np.sqrt(s["sum"]) + 1e-7)


def adadelta(w, g, s, t):  # Zeiler, algorithm 1
    s["g2"] = 0.95 * s.get("g2", 0 * g) + 0.05 * g**2
    step = -np.sqrt(s.get("x2", 0 * g) + 1e-7) / np.sqrt(s["g2"] + 1e-7) * g
    s["x2"] = 0.95 * s.get("x2", 0 * g) + 0.05 * step**2
    return w + step


def adamax(w, g, s, t):  # Kingma and Ba, algorithm 2, with eps in the norm
    s["m"] = 0.9 * s.get("m", 0 * g) + 0.1 * g
    s["u"] = np.maximum(0.999 * s.get("u", 0 * g), np.abs(g) + 1e-7)
    return w - 0.001 / (1 - 0.9**t) * s["m"] / s["u"]


def nadam(w, g, s, t):  # Keras 2's Nadam, schedule_decay 0.004
    now, then = (0.9 * (1 - 0.5 * 0.96 ** (k * 0.004)) for k in (t, t + 1))
    s["product"] = s.get("product", np.array(1.0)) * now
    m, v = _moments(g, s)
    ahead = then * m / (1 - s["product"] * then) + (1 - now) * g / (1 - s["product"])
    return w - 0.001 * ahead / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)


RULES: dict[str, tuple[list[str], Rule]] = {
    "sgd": (["optimizer=sgd"], sgd),
    "momentum": (["optimizer=momentum"], momentum),
    "nesterov": (["optimizer=nesterov"], nesterov),
    "rmsprop": (["optimizer=rmsprop"], rmsprop),
    "rmsprop inside": (["optimizer=rmsprop", "optimizer.eps_inside=true"], rmsprop_inside),
    "rmsprop momentum": (["optimizer=rmsprop", "optimizer.momentum=0.8"], rmsprop_momentum),
    "rmsprop centered": (["optimizer=rmsprop", "optimizer.centered=true"], rmsprop_centered),
    "adam": (["optimizer=adam"], adam),
    "amsgrad": (["optimizer=adam", "optimizer.amsgrad=true"], amsgrad),
    "adamw": (["optimizer=adamw"], adamw),
    "adagrad": (["optimizer=adagrad"], adagrad),
    "adadelta": (["optimizer=adadelta"], adadelta),
    "adamax": (["optimizer=adamax"], adamax),
    "nadam": (["optimizer=nadam"], nadam),
}


def stepper(overrides: list[str], point: Point) -> tuple[torch.optim.Optimizer, Callable[[], None]]:
    """One step down the quadratic, taken as the engine takes it."""
    optimizer = config_of(*overrides).optimizer.build([point.weight], torch.device("cpu"))
    move = bare_step(optimizer)

    def step() -> None:
        point.weight.grad = torch.from_numpy(slope(point.weight.detach().numpy())).to(point.weight.dtype)
        move()

    return optimizer, step


@pytest.mark.parametrize("name", RULES)
def test_an_optimizer_with_its_defaults_follows_its_rule(name: str) -> None:
    overrides, rule = RULES[name]
    point, state = Point(START), {}
    _, step = stepper(overrides, point)
    weight = np.array(START)
    for t in range(1, 8):
        step()
        weight = rule(weight, slope(weight), state, t)
        # 1e-6 of the way travelled: NAdam keeps its product of momenta in float32
        assert point.weight.detach().numpy() - START == pytest.approx(weight - START, rel=2e-6, abs=1e-13), t


@pytest.mark.parametrize("name", RULES)
def test_restored_state_goes_on_with_equal_bits(name: str) -> None:
    overrides, _ = RULES[name]
    whole, first, second = (Point(START).float() for _ in range(3))  # the type that a run's weights have
    _, step = stepper(overrides, whole)
    for _ in range(6):
        step()
    before, step = stepper(overrides, first)
    for _ in range(3):
        step()
    after, step = stepper(overrides, second)
    second.load_state_dict(first.state_dict())
    load_optimizer_state(after, deepcopy(optimizer_state(before)))  # as a file's content would be
    for _ in range(3):
        step()
    assert torch.equal(whole.weight, second.weight)


def test_state_is_restored_but_never_a_hyperparameter() -> None:
    old, step = stepper(["optimizer=adam", "optimizer.lr=0.1"], Point(START))
    step()
    new, _ = stepper(["optimizer=adam", "optimizer.lr=0.5", "optimizer.beta1=0.3", "optimizer.eps=1e-3"], Point(START))
    load_optimizer_state(new, optimizer_state(old))
    [group] = new.param_groups
    assert (group["lr"], group["betas"], group["eps"]) == (0.5, (0.3, 0.999), 1e-3)
    [state] = new.state.values()
    assert float(state["step"]) == 1
    assert state["exp_avg"].numpy() == pytest.approx(0.1 * slope(np.array(START)), rel=1e-12)


def test_lbfgs_reaches_the_minimum_of_a_quadratic() -> None:
    target = np.array([0.5, -4.0 / 3, 3.0])
    curve = np.array([2.0, 0.3, 0.1])
    point = Point([1.5, -2.0, 0.7])
    optimizer = config_of("optimizer=lbfgs").optimizer.build([point.weight], torch.device("cpu"))

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (torch.from_numpy(curve) * (point.weight - torch.from_numpy(target)) ** 2 / 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert point.weight.detach().numpy() == pytest.approx(target, abs=1e-4)


def test_clipping_by_value_and_by_norm() -> None:
    def clipped(**given: float) -> list[float]:
        weight = torch.nn.Parameter(torch.zeros(2))
        other = torch.nn.Parameter(torch.zeros(1))
        weight.grad, other.grad = torch.tensor([3.0, -0.5]), torch.tensor([4.0])
        work = clip(Adam(**given))
        assert work is not None
        work([weight, other])
        return [*weight.grad.tolist(), *other.grad.tolist()]

    assert clip(Adam()) is None
    assert clipped(clip_value=1.0) == [1.0, -0.5, 1.0]
    norm = (9 + 0.25 + 16) ** 0.5  # of all gradients together
    assert clipped(clip_norm=2.0) == pytest.approx([6 / norm, -1 / norm, 8 / norm], rel=1e-6)
    assert clipped(clip_norm=6.0) == [3.0, -0.5, 4.0]
    assert clipped(clip_norm=1.0, clip_value=1.0) == pytest.approx([2 / 3, -1 / 3, 2 / 3], rel=1e-5)


def one_step(tmp_path, *overrides: str):
    """Weights before and after one plain sgd step of a run, its batch, and its measured loss."""
    components, run = made(tmp_path, "dataset=digits", "model=dense", "model.hidden=[6]", "optimizer=sgd",
                           "optimizer.lr=0.5", "batch_size=50", *overrides)
    before = {name: value.clone() for name, value in components.model.named_parameters()}
    x, y = next(run.batches.steps(0, 1))
    run.step(Batch(x, y, len(x)), 0)
    return before, dict(components.model.named_parameters()), (x, y), run.totals.read()["loss"]


def plain_loss(weights: dict[str, torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    w1, b1, w2, b2 = weights.values()
    return F.cross_entropy(F.linear(F.linear(x.flatten(1), w1, b1).relu(), w2, b2), y)


def test_l1_and_l2_enter_the_loss_and_the_update(tmp_path) -> None:
    before, after, (x, y), loss = one_step(tmp_path, "model.l1=0.01", "model.l2=0.02")
    weights = {name: value.detach().requires_grad_() for name, value in before.items()}
    data_loss = plain_loss(weights, x, y)
    data_loss.backward()
    first, *others = weights
    kernel = before[first]
    assert loss == pytest.approx(
        data_loss.item() + 0.01 * kernel.abs().sum().item() + 0.02 * kernel.square().sum().item(), rel=1e-6)
    pulled = weights[first].grad + 0.01 * kernel.sign() + 2 * 0.02 * kernel
    torch.testing.assert_close(after[first], kernel - 0.5 * pulled, rtol=1e-5, atol=1e-7)
    for name in others:  # biases and the last layer carry no penalty
        torch.testing.assert_close(after[name], before[name] - 0.5 * weights[name].grad, rtol=1e-5, atol=1e-7)


def test_max_norm_holds_after_each_update(tmp_path) -> None:
    before, after, (x, y), _ = one_step(tmp_path, "model.max_norm=0.9")
    weights = {name: value.detach().requires_grad_() for name, value in before.items()}
    plain_loss(weights, x, y).backward()
    first = next(iter(weights))
    free = before[first] - 0.5 * weights[first].grad
    norms = free.norm(dim=1)
    assert (norms > 0.9).any(), "the constraint has nothing to do"
    wanted = free * (norms.clamp(max=0.9) / norms)[:, None]
    torch.testing.assert_close(after[first], wanted, rtol=1e-5, atol=1e-6)


def test_clipping_is_what_the_step_does(tmp_path) -> None:
    before, after, (x, y), _ = one_step(tmp_path, "optimizer.clip_norm=0.1")
    weights = {name: value.detach().requires_grad_() for name, value in before.items()}
    plain_loss(weights, x, y).backward()
    norm = torch.cat([value.grad.flatten() for value in weights.values()]).norm()
    assert norm > 0.1
    for name in before:
        torch.testing.assert_close(after[name], before[name] - 0.5 * weights[name].grad * 0.1 / norm,
                                   rtol=1e-4, atol=1e-7)


def test_four_accumulated_batches_of_8_are_one_of_32(go) -> None:
    overrides = ["dataset=digits", "model=dense", "model.hidden=[16]", "model.l2=0.001", "optimizer=nesterov",
                 "optimizer.lr=0.05", "epochs=1", "early_stop=none"]
    one = go(*overrides, "batch_size=32", "output_dir=one")
    four = go(*overrides, "batch_size=8", "optimizer.accumulate=4", "output_dir=four")
    assert one.result["rows"]["train"] % 32 % 4 != 0, "the last batch has to be ragged"
    assert one.result["steps"] == four.result["steps"]
    a, b = (torch.load(run.folder / "checkpoints" / "last.pt", weights_only=True)["parts"]["model"]
            for run in (one, four))
    for name, weight in a.items():
        torch.testing.assert_close(b[name], weight, rtol=0, atol=1e-6)
    for split in ("train", "val"):
        assert one.result[split]["loss"] == pytest.approx(four.result[split]["loss"], rel=1e-5)
        assert one.result[split]["accuracy"] == four.result[split]["accuracy"]
