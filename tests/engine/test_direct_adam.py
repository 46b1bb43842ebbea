"""Adam and AdamW on the CPU by one call of torch's kernel: the bits and the state of torch's own."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from dlrun.engine.optimizer_state import load_optimizer_state, optimizer_state
from dlrun.engine.optimizers._direct_adam import DirectAdam, DirectAdamW
from tests.engine.make import config_of
from tests.engine.test_flat import weights

VARIANTS = {"adam": (torch.optim.Adam, DirectAdam, {}), "amsgrad": (torch.optim.Adam, DirectAdam, {"amsgrad": True}),
            "adamw": (torch.optim.AdamW, DirectAdamW, {"weight_decay": 0.1})}


class Pair:
    """The same weights under torch's optimizer and under ours."""

    def __init__(self, variant: str):
        torchs, direct, more = VARIANTS[variant]
        options = {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-7, "fused": True, **more}
        self.theirs, self.ours = weights(), weights()
        self.plain, self.direct = torchs(self.theirs, **options), direct(self.ours, **options)
        self._draw = torch.Generator().manual_seed(1)

    def step(self, without: int | None = None) -> None:
        """One update of both, of a weight that gets no gradient none."""
        for number, (one, other) in enumerate(zip(self.theirs, self.ours)):
            gradient = torch.randn(one.shape, generator=self._draw) * 10.0 ** (-number)
            one.grad, other.grad = (None, None) if number == without else (gradient.clone(), gradient)
        self.plain.step()
        self.direct.step()

    def assert_equal(self) -> None:
        assert all(map(torch.equal, self.theirs, self.ours))
        one, other = optimizer_state(self.plain), optimizer_state(self.direct)
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
        start = [weight.detach().clone() for weight in pair.ours]
        for step in range(12):
            pair.step()
            if step == 5:
                for optimizer in (pair.plain, pair.direct):
                    optimizer.param_groups[0]["lr"] = 0.003
        pair.assert_equal()
        assert not any(map(torch.equal, start, pair.ours))
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
    plain, direct = (deepcopy(optimizer_state(optimizer)) for optimizer in (pair.plain, pair.direct))
    load_optimizer_state(pair.direct, plain)
    load_optimizer_state(pair.plain, direct)
    for _ in range(3):
        pair.step()
    pair.assert_equal()


def test_parts_with_rates_of_their_own_and_state_that_others_replaced() -> None:
    pair = Pair("adam")
    for _ in range(2):
        pair.step()
    for weight in pair.ours:  # as a pack does that a run was a member of
        pair.direct.state[weight] = {name: value.clone() for name, value in pair.direct.state[weight].items()}
    pair.step()
    for optimizer in (pair.plain, pair.direct):
        [group] = optimizer.param_groups
        optimizer.param_groups[:] = [{**group, "params": group["params"][:2]},
                                     {**group, "params": group["params"][2:], "lr": 0.1}]
    for _ in range(2):
        pair.step()
    pair.assert_equal()


def test_it_is_what_a_run_on_the_cpu_has() -> None:
    for name, kind in (("adam", DirectAdam), ("adamw", DirectAdamW)):
        assert type(config_of(f"optimizer={name}").optimizer.build(weights(), torch.device("cpu"))) is kind
    double = [nn.Parameter(torch.zeros(3, dtype=torch.float64))]
    assert type(config_of("optimizer=adam").optimizer.build(double, torch.device("cpu"))) is torch.optim.Adam
