"""An optimizer's `move` updates many networks at once as torch's own optimizer updates each of them alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch

from dlrun.config.schema.optimizer import Optimizer
from dlrun.engine.optimizers.adam import Adam
from dlrun.engine.without_compiler import bare_step
from tests.engine.make import Point, config_of

WEIGHTS, STEPS, NETWORKS = 12, 200, 3
# What differs among the networks, beside their rates.
CASES: dict[str, tuple[list[str], dict[str, list[float]]]] = {
    "sgd": (["optimizer=sgd"], {}),
    "momentum": (["optimizer=momentum"], {"momentum": [0.9, 0.5, 0.99]}),
    "nesterov": (["optimizer=nesterov"], {"momentum": [0.9, 0.5, 0.8]}),
    "rmsprop": (["optimizer=rmsprop"], {"rho": [0.9, 0.99, 0.5], "eps": [1e-7, 1e-3, 1e-7]}),
    "rmsprop inside": (["optimizer=rmsprop", "optimizer.eps_inside=true"], {"rho": [0.9, 0.99, 0.5]}),
    "rmsprop momentum": (["optimizer=rmsprop", "optimizer.momentum=0.8"], {"momentum": [0.8, 0.2, 0.5]}),
    "rmsprop centered": (["optimizer=rmsprop", "optimizer.centered=true", "optimizer.momentum=0.5"], {}),
    "adam": (["optimizer=adam"], {"beta1": [0.9, 0.5, 0.0], "beta2": [0.999, 0.99, 0.9]}),
    "amsgrad": (["optimizer=adam", "optimizer.amsgrad=true"], {"eps": [1e-7, 1e-4, 1e-8]}),
    "adamw": (["optimizer=adamw"], {"weight_decay": [0.004, 0.0, 0.1]}),
    "adagrad": (["optimizer=adagrad"], {}),
    "adadelta": (["optimizer=adadelta"], {"rho": [0.95, 0.9, 0.5]}),
    "adamax": (["optimizer=adamax"], {"beta1": [0.9, 0.5, 0.0]}),
    "nadam": (["optimizer=nadam"], {"momentum_decay": [0.004, 0.0, 0.1], "beta1": [0.9, 0.8, 0.5]}),
}


def kinds(name: str) -> list[Optimizer]:
    overrides, varied = CASES[name]
    kind = config_of(*overrides).optimizer
    return [replace(kind, lr=kind.lr * (1, 3, 0.5)[k], **{key: values[k] for key, values in varied.items()})
            for k in range(NETWORKS)]


def slopes(weights: torch.Tensor, step: int) -> torch.Tensor:
    """Those of a function that is no parabola, with noise, over many sizes; the same for whoever asks."""
    curve = torch.logspace(-4, 1, WEIGHTS, dtype=torch.float64)
    noise = torch.randn(WEIGHTS, generator=torch.Generator().manual_seed(step), dtype=torch.float64)
    return curve * (weights.sin() + 0.3 * noise)


@pytest.mark.parametrize("name", [*CASES, "adam by its kernel", "amsgrad by its kernel", "adamw by its kernel"])
def test_many_at_once_move_as_torch_moves_each(name: str) -> None:
    name, _, by_kernel = name.partition(" by its ")
    own = kinds(name)
    start = torch.linspace(-2, 2, NETWORKS * WEIGHTS, dtype=torch.float64).view(NETWORKS, WEIGHTS)
    points = [Point(row.tolist()) for row in start]
    built = [kind.build([point.weight], torch.device("cpu")) for kind, point in zip(own, points)]
    first = own[0]
    move = first.mover(torch.device("cpu" if by_kernel else "cuda"))
    assert (move == first.move) != bool(by_kernel)
    of_weights, of_networks = first.beginning()
    state = {key: torch.full((NETWORKS, WEIGHTS), value, dtype=torch.float64) for key, value in of_weights.items()}
    state |= {key: torch.full((NETWORKS, 1), value) for key, value in of_networks.items()}
    weights = start.clone()
    for step in range(STEPS):
        factor = 1 / (1 + step / 50)  # a schedule's
        numbers = {key: torch.tensor([[getattr(kind, key)] for kind in own], dtype=torch.float64)
                   for key in first.moved_by}
        numbers["lr"] *= factor
        move(weights, torch.stack([slopes(row, step) for row in weights]), state, numbers)
        for kind, point, optimizer in zip(own, points, built):
            optimizer.param_groups[0]["lr"] = kind.lr * factor
            point.weight.grad = slopes(point.weight.detach(), step)
            bare_step(optimizer)()
    moved = torch.stack([point.weight.detach() for point in points])
    assert (moved - start).abs().min() > 1e-6, "nothing has moved"
    torch.testing.assert_close(weights, moved, rtol=1e-10, atol=1e-10)
    for k, optimizer in enumerate(built):
        kept = {key: value for key, value in optimizer.state_dict()["state"].get(0, {}).items() if value is not None}
        assert kept.keys() == {*of_weights, *of_networks}, "it remembers other things than torch's"
        for key, value in kept.items():
            # NAdam's product of momenta is a float32 of torch's own
            close = 1e-6 if key in of_networks else 1e-9
            torch.testing.assert_close(state[key][k].view(value.shape), value, rtol=close, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_networks_with_other_numbers_share_a_program_and_those_with_other_flags_do_not(name: str) -> None:
    own = kinds(name)
    assert len({kind.program for kind in own}) == 1
    assert own[0].moves_many
    assert own[0].program != replace(own[0], clip_norm=1.0).program
    others = {kinds(other)[0].program for other in CASES if other != name}
    assert own[0].program not in others


def test_a_kind_that_builds_something_else_is_not_moved_by_its_parents_rule() -> None:
    @dataclass(frozen=True)
    class Own(Adam):
        def build(self, params, device):
            return torch.optim.SGD(params, self.lr)

    assert not Own().moves_many
    assert not config_of("optimizer=lbfgs").optimizer.moves_many
