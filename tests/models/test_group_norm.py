"""Group normalisation: its values by the formula, its parameters, the channels that it does not fit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.models.build import build
from dlrun.models.parse import parse
from dlrun.models.plan import plan, totals
from dlrun.models.step_rng import StepRng


def network(item: object, shape: tuple[int, ...]) -> torch.nn.Module:
    return build(parse([item]), shape, seed=0, rng=StepRng(0, "cpu"))


@pytest.mark.parametrize("shape", [(6, 5, 4), (6, 7), (6,)])
@pytest.mark.parametrize("training", [True, False])
def test_each_group_of_each_row_has_mean_0_and_variance_1_before_scale_and_shift(
        shape: tuple[int, ...], training: bool) -> None:
    net = network({"group_norm": {"groups": 3, "eps": 0.01}}, shape).train(training)
    with torch.no_grad():
        net[0].weight.copy_(torch.arange(1.0, 7.0))
        net[0].bias.copy_(torch.arange(6.0))
    x = np.random.default_rng(0).normal(2, 3, (4, *shape))
    grouped = x.reshape(4, 3, -1)
    expected = (grouped - grouped.mean(2, keepdims=True)) / np.sqrt(grouped.var(2, keepdims=True) + 0.01)
    broadcast = (1, 6, *(1 for _ in shape[1:]))
    expected = expected.reshape(x.shape) * np.arange(1, 7).reshape(broadcast) + np.arange(6).reshape(broadcast)
    with torch.no_grad():
        np.testing.assert_allclose(net(torch.tensor(x, dtype=torch.float32)).numpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("affine", "parameters"), [(True, 2 * 16), (False, 0)])
def test_its_parameters_are_counted_before_torch(affine: bool, parameters: int) -> None:
    item = {"group_norm": {"affine": affine}}
    assert totals(plan(parse([item]), (16, 3, 3))) == (parameters, 0)
    assert sum(weight.numel() for weight in network(item, (16, 3, 3)).parameters()) == parameters


def test_channels_that_the_groups_do_not_divide_are_a_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        plan(parse([{"conv": 12}, {"group_norm": {"groups": 8}}]), (3, 8, 8))
    (problem,) = caught.value.problems
    assert problem.given == "group_norm_1 on 6 x 6 x 12"
    assert problem.expected == "groups 8 must divide the input's 12 channels"
