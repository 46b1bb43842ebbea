"""Optimizers on the CPU in few calls, or one of torch's kernel: the bits and the state of torch's."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn

from dlrun.engine.optimizer_state import load_optimizer_state, optimizer_state
from dlrun.engine.optimizers._direct_adam import DirectAdam, DirectAdamW
from dlrun.engine.optimizers._flat_adadelta import FlatAdadelta
from dlrun.engine.optimizers._flat_adamax import FlatAdamax
from dlrun.engine.optimizers._flat_nadam import FlatNAdam
from dlrun.engine.optimizers._flat_rmsprop import FlatRMSprop
from tests.engine.make import config_of
from tests.engine.optimizer_pair import Pair, weights

ADAM = {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-7, "fused": True}
RMSPROP = {"lr": 0.01, "alpha": 0.9, "eps": 1e-7}
VARIANTS = {
    "rmsprop": (torch.optim.RMSprop, FlatRMSprop, RMSPROP),
    "rmsprop momentum": (torch.optim.RMSprop, FlatRMSprop, {**RMSPROP, "momentum": 0.8}),
    "rmsprop centered": (torch.optim.RMSprop, FlatRMSprop, {**RMSPROP, "centered": True}),
    "rmsprop both": (torch.optim.RMSprop, FlatRMSprop, {**RMSPROP, "momentum": 0.5, "centered": True}),
    "adadelta": (torch.optim.Adadelta, FlatAdadelta, {"lr": 0.5, "rho": 0.95, "eps": 1e-7}),
    "adamax": (torch.optim.Adamax, FlatAdamax, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-7}),
    "adam": (torch.optim.Adam, DirectAdam, ADAM),
    "amsgrad": (torch.optim.Adam, DirectAdam, {**ADAM, "amsgrad": True}),
    "adamw": (torch.optim.AdamW, DirectAdamW, {**ADAM, "weight_decay": 0.1}),
    "nadam": (torch.optim.NAdam, FlatNAdam, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-7, "momentum_decay": 0.004}),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("threads", [1, 2])
def test_it_has_torchs_bits_and_state(variant: str, threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        pair = Pair(*VARIANTS[variant])
        start = [weight.detach().clone() for weight in pair.ours]
        for step in range(12):
            pair.step()
            if step == 5:
                for optimizer in (pair.plain, pair.own):
                    optimizer.param_groups[0]["lr"] = 0.003
        pair.assert_equal()
        assert not any(map(torch.equal, start, pair.ours))
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_weight_without_a_gradient_stays_as_it_is(variant: str) -> None:
    pair = Pair(*VARIANTS[variant])
    for without in (0, 0, None, 3, None, None, 5, None):  # one that never had any, and some in between
        before = [weight.detach().clone() for weight in pair.ours]
        pair.step(without)
        assert without is None or torch.equal(before[without], pair.ours[without])
    pair.assert_equal()


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_goes_on_from_a_checkpoint_of_torchs_and_torchs_from_its(variant: str) -> None:
    pair = Pair(*VARIANTS[variant])
    for _ in range(3):
        pair.step()
    plain, own = (deepcopy(optimizer_state(optimizer)) for optimizer in (pair.plain, pair.own))
    load_optimizer_state(pair.own, plain)
    load_optimizer_state(pair.plain, own)
    for _ in range(3):
        pair.step()
    pair.assert_equal()


def test_parts_with_rates_of_their_own_are_updated_as_torch_does() -> None:
    pair = Pair(*VARIANTS["rmsprop momentum"])
    pair.step()
    for optimizer in (pair.plain, pair.own):
        [group] = optimizer.param_groups
        optimizer.param_groups[:] = [{**group, "params": group["params"][:2]},
                                     {**group, "params": group["params"][2:], "lr": 0.1}]
    for _ in range(3):
        pair.step()
    pair.assert_equal()


def test_adam_with_parts_that_have_rates_of_their_own_and_state_that_others_replaced() -> None:
    pair = Pair(*VARIANTS["adam"])
    for _ in range(2):
        pair.step()
    for weight in pair.ours:  # as a pack does that a run was a member of
        pair.own.state[weight] = {name: value.clone() for name, value in pair.own.state[weight].items()}
    pair.step()
    for optimizer in (pair.plain, pair.own):
        [group] = optimizer.param_groups
        optimizer.param_groups[:] = [{**group, "params": group["params"][:2]},
                                     {**group, "params": group["params"][2:], "lr": 0.1}]
    for _ in range(2):
        pair.step()
    pair.assert_equal()


@pytest.mark.parametrize(("words", "ours", "torchs"), [
    (["optimizer=rmsprop"], FlatRMSprop, torch.optim.RMSprop),
    (["optimizer=rmsprop", "optimizer.momentum=0.5", "optimizer.centered=true"], FlatRMSprop, torch.optim.RMSprop),
    (["optimizer=adadelta"], FlatAdadelta, torch.optim.Adadelta),
    (["optimizer=adam"], DirectAdam, torch.optim.Adam), (["optimizer=adamw"], DirectAdamW, torch.optim.AdamW),
    (["optimizer=adamax"], FlatAdamax, torch.optim.Adamax), (["optimizer=nadam"], FlatNAdam, torch.optim.NAdam)])
def test_it_is_what_a_run_on_the_cpu_has(words: list[str], ours: type, torchs: type) -> None:
    assert type(config_of(*words).optimizer.build(weights(), torch.device("cpu"))) is ours
    double = [nn.Parameter(torch.zeros(3, dtype=torch.float64))]
    assert type(config_of(*words).optimizer.build(double, torch.device("cpu"))) is torchs
