"""Dropout: a function of (seed, step), with the right mean, the right gradient, and nothing in evaluation."""

from __future__ import annotations

import copy

import pytest
import torch

from dlrun.models.build import build
from dlrun.models.layers.dropout_module import Dropout
from dlrun.models.layers.spatial_dropout_module import SpatialDropout
from dlrun.models.parse import parse
from dlrun.models.step_rng import Share, StepRng


def test_a_mask_is_a_function_of_seed_and_step_and_order() -> None:
    x = torch.ones(64, 32)
    rng = StepRng(5, "cpu")
    drop = Dropout(0.4, rng)
    rng.seed_step(3)
    first, second = drop(x), drop(x)
    rng.seed_step(4)
    other = drop(x)
    again = StepRng(5, "cpu")
    again.seed_step(3)
    assert torch.equal(Dropout(0.4, again)(x), first)
    assert not torch.equal(first, second) and not torch.equal(first, other)
    third = StepRng(6, "cpu")
    third.seed_step(3)
    assert not torch.equal(Dropout(0.4, third)(x), first)


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9, 0.999])
def test_the_share_dropped_is_the_rate_and_the_mean_is_kept(rate: float) -> None:
    drop = Dropout(rate, StepRng(1, "cpu"))
    count = 1 << 20
    y = drop(torch.ones(count))
    share = (y == 0).double().mean().item()
    spread = (rate * (1 - rate) / count) ** 0.5
    assert abs(share - rate) < 5 * spread + 1 / 65536
    kept = 1 - round(rate * 65536) / 65536
    assert y.max().item() == pytest.approx(1 / kept, rel=1e-6)
    assert y.double().mean().item() == pytest.approx(1, abs=5 * spread / kept)


class EveryLane(StepRng):
    """The noise is each of the 65536 lanes once."""

    def __init__(self) -> None:
        super().__init__(0, "cpu")

    def lanes_of(self, shape: torch.Size, axis: int = 0) -> torch.Tensor:
        return torch.arange(-32768, 32768, dtype=torch.int16).view(shape)


def test_shares_of_a_batch_draw_what_one_process_draws() -> None:
    whole, rng = StepRng(3, "cpu"), StepRng(3, "cpu")
    wanted = whole.lanes_of(torch.Size((7, 5)))
    parts = []
    for first, last in ((0, 2), (2, 7)):
        rng.seed_step(0)
        rng.share = Share(first, last, 7)
        parts.append(rng.lanes_of(torch.Size((last - first, 5))))
    assert torch.equal(torch.cat(parts), wanted)


def test_the_probability_is_exact_to_one_lane() -> None:
    y = Dropout(0.3, EveryLane())(torch.ones(65536, dtype=torch.float64))
    assert (y == 0).sum().item() == round(0.3 * 65536)
    assert y.mean().item() == pytest.approx(1, rel=1e-12)


def test_the_lanes_are_uniform_over_all_of_int16() -> None:
    lanes = StepRng(2, "cpu").lanes(1 << 22).view(-1, 4).to(torch.int64) + 32768
    for column in range(4):  # a word's lanes: none may be weaker than the others
        counts = torch.bincount(lanes[:, column], minlength=65536).double()
        expected = counts.sum() / 65536
        chi = ((counts - expected) ** 2 / expected).sum().item()
        assert abs(chi - 65535) < 6 * (2 * 65535) ** 0.5
        assert counts[0] > 0 and counts[-1] > 0


def test_the_gradient_is_the_mask() -> None:
    rng = StepRng(0, "cpu")
    drop = Dropout(0.3, rng)
    x = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)
    rng.seed_step(9)
    mask = drop.mask(x)
    rng.seed_step(9)
    y = drop(x)
    assert torch.equal(y, x * mask)
    assert set(mask.unique().tolist()) == {0.0, drop.scale}
    gradient, = torch.autograd.grad(y, x, torch.full_like(y, 2.0))
    assert torch.equal(gradient, 2 * mask)

    def fixed(value: torch.Tensor) -> torch.Tensor:
        rng.seed_step(9)
        return drop(value)

    assert torch.autograd.gradcheck(fixed, x)


def test_evaluation_is_the_identity_and_draws_nothing() -> None:
    rng = StepRng(0, "cpu")
    drop = Dropout(0.5, rng).eval()
    before = rng.generator.get_state()
    x = torch.randn(4, 4)
    assert drop(x) is x
    assert torch.equal(rng.generator.get_state(), before)


def test_spatial_dropout_drops_whole_channels() -> None:
    y = SpatialDropout(0.5, StepRng(0, "cpu"))(torch.ones(16, 8, 5, 5))
    assert torch.equal(y.amin((2, 3)), y.amax((2, 3)))
    assert set(y.unique().tolist()) == {0.0, 2.0}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_half_and_keeps_its_mean(dtype: torch.dtype) -> None:
    y = Dropout(0.3, StepRng(0, "cpu"))(torch.ones(1 << 18, dtype=dtype).mul_(1.7))
    assert y.dtype == dtype
    assert y.double().mean().item() == pytest.approx(1.7, rel=0.005)


def test_no_rate_no_module() -> None:
    net = build(parse([{"dropout": 0}, {"dense": 3}, {"dropout": 0.5}]), (4,), seed=0, rng=StepRng(0, "cpu"))
    assert list(net._modules) == ["dense_1", "dropout_2"]


def test_a_copied_network_draws_from_the_same_noise() -> None:
    rng = StepRng(0, "cpu")
    net = build(parse([{"dropout": 0.5}, {"dense": 3}]), (40,), seed=0, rng=rng)
    twin = copy.deepcopy(net)
    x = torch.randn(5, 40)
    rng.seed_step(8)
    expected = net(x)
    rng.seed_step(8)
    assert torch.equal(twin(x), expected)
