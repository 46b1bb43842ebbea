"""Optimizers on the CPU in few calls: the bits and the state of torch's."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from dlrun.engine.optimizer_state import load_optimizer_state, optimizer_state
from dlrun.engine.optimizers._flat_adadelta import FlatAdadelta
from dlrun.engine.optimizers._flat_adamax import FlatAdamax
from dlrun.engine.optimizers._flat_nadam import FlatNAdam
from dlrun.engine.optimizers._flat_rmsprop import FlatRMSprop
from tests.engine.make import config_of

RMSPROP = {"lr": 0.01, "alpha": 0.9, "eps": 1e-7}
VARIANTS = {
    "rmsprop": (torch.optim.RMSprop, FlatRMSprop, RMSPROP),
    "rmsprop momentum": (torch.optim.RMSprop, FlatRMSprop, {**RMSPROP, "momentum": 0.8}),
    "rmsprop centered": (torch.optim.RMSprop, FlatRMSprop, {**RMSPROP, "centered": True}),
    "rmsprop both": (torch.optim.RMSprop, FlatRMSprop, {**RMSPROP, "momentum": 0.5, "centered": True}),
    "adadelta": (torch.optim.Adadelta, FlatAdadelta, {"lr": 0.5, "rho": 0.95, "eps": 1e-7}),
    "adamax": (torch.optim.Adamax, FlatAdamax, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-7}),
    "nadam": (torch.optim.NAdam, FlatNAdam, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-7, "momentum_decay": 0.004}),
}


def weights() -> list[nn.Parameter]:
    """Sizes that fill no register of a processor, one that several threads share, and a kernel with channels last."""
    draw = torch.Generator().manual_seed(0)
    shapes = [(13, 64), (7,), (1,), (), (300, 211), (5, 3, 3, 3)]
    found = [torch.randn(shape, generator=draw) for shape in shapes]
    found[-1] = found[-1].to(memory_format=torch.channels_last)
    return [nn.Parameter(weight) for weight in found]


class Pair:
    """The same weights under torch's optimizer and under ours."""

    def __init__(self, variant: str):
        plain, flat, options = VARIANTS[variant]
        self.theirs, self.ours = weights(), weights()
        self.plain, self.flat = plain(self.theirs, **options), flat(self.ours, **options)
        self._draw = torch.Generator().manual_seed(1)

    def step(self, without: int | None = None) -> None:
        """One update of both, of a weight that gets no gradient none."""
        for number, (one, other) in enumerate(zip(self.theirs, self.ours)):
            gradient = torch.randn(one.shape, generator=self._draw) * 10.0 ** (-number)
            one.grad, other.grad = (None, None) if number == without else (gradient.clone(), gradient)
        self.plain.step()
        self.flat.step()

    def assert_equal(self) -> None:
        assert all(map(torch.equal, self.theirs, self.ours))
        one, other = optimizer_state(self.plain), optimizer_state(self.flat)
        assert one.keys() == other.keys()
        for number, values in one.items():
            assert values.keys() == other[number].keys()
            for name, value in values.items():
                found: Tensor = other[number][name]
                assert torch.equal(value, found) and value.stride() == found.stride(), (number, name)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("threads", [1, 2])
def test_it_has_torchs_bits_and_state(variant: str, threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        pair = Pair(variant)
        for step in range(12):
            pair.step()
            if step == 5:
                for optimizer in (pair.plain, pair.flat):
                    optimizer.param_groups[0]["lr"] = 0.003
        pair.assert_equal()
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_weight_without_a_gradient_stays_as_it_is(variant: str) -> None:
    pair = Pair(variant)
    for without in (0, 0, None, 3, None, None, 5, None):  # one that never had any, and some in between
        before = [weight.detach().clone() for weight in pair.ours]
        pair.step(without)
        assert without is None or torch.equal(before[without], pair.ours[without])
    pair.assert_equal()


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_goes_on_from_a_checkpoint_of_torchs_and_torchs_from_its(variant: str) -> None:
    pair = Pair(variant)
    for _ in range(3):
        pair.step()
    plain, flat = (deepcopy(optimizer_state(optimizer)) for optimizer in (pair.plain, pair.flat))
    load_optimizer_state(pair.flat, plain)
    load_optimizer_state(pair.plain, flat)
    for _ in range(3):
        pair.step()
    pair.assert_equal()


def test_parts_with_rates_of_their_own_are_updated_as_torch_does() -> None:
    pair = Pair("rmsprop momentum")
    pair.step()
    for optimizer in (pair.plain, pair.flat):
        [group] = optimizer.param_groups
        optimizer.param_groups[:] = [{**group, "params": group["params"][:2]},
                                     {**group, "params": group["params"][2:], "lr": 0.1}]
    for _ in range(3):
        pair.step()
    pair.assert_equal()


@pytest.mark.parametrize(("words", "ours", "torchs"), [
    (["optimizer=rmsprop"], FlatRMSprop, torch.optim.RMSprop),
    (["optimizer=rmsprop", "optimizer.momentum=0.5", "optimizer.centered=true"], FlatRMSprop, torch.optim.RMSprop),
    (["optimizer=adadelta"], FlatAdadelta, torch.optim.Adadelta),
    (["optimizer=adamax"], FlatAdamax, torch.optim.Adamax), (["optimizer=nadam"], FlatNAdam, torch.optim.NAdam)])
def test_it_is_what_a_run_on_the_cpu_has(words: list[str], ours: type, torchs: type) -> None:
    assert type(config_of(*words).optimizer.build(weights(), torch.device("cpu"))) is ours
    double = [nn.Parameter(torch.zeros(3, dtype=torch.float64))]
    assert type(config_of(*words).optimizer.build(double, torch.device("cpu"))) is torchs
