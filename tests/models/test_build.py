"""The built network: what was planned, Keras's initial weights, penalties and constraints."""

from __future__ import annotations

import copy
import random
from math import sqrt
from statistics import NormalDist

import pytest
import torch
from torch import nn

from dlrun.config.seeds import derive_seed
from dlrun.models.build import build, constrain, penalty
from dlrun.models.choices import INITS
from dlrun.models.layer import Layer
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.separable_conv import SeparableConv
from dlrun.models.layers.transposed_conv import TransposedConv
from dlrun.models.parse import parse
from dlrun.models.plan import plan
from dlrun.models.step_rng import StepRng


def network(items: list, shape: tuple[int, ...], seed: int = 0) -> nn.Sequential:
    layers = items if isinstance(items[0], Layer) else parse(items)
    return build(layers, shape, seed=seed, rng=StepRng(seed, "cpu"))


def drawn_layers(rng: random.Random) -> tuple[list, tuple[int, ...]]:
    """A random list of layers and a small input that it fits."""
    shape = rng.choice([(7,), (3, 12), (2, 9, 10), (4, 8, 8)])
    vector = [{"dense": rng.randint(1, 6)}, "batch_norm", "layer_norm", "prelu", {"dropout": 0.5}, {"dropout": 0},
              {"residual": [{"dense": 7}, "relu"]}, {"residual": {"layers": [{"dense": 5}], "activation": "tanh"}},
              {"parallel": [[{"dense": 2}], []]}]
    either = ["batch_norm", "layer_norm", "instance_norm", "prelu", {"prelu": {"shared": True}}, {"upsample": 2},
              {"spatial_dropout": 0.3}, {"pool": {"size": 2, "padding": "same", "take": "average"}}, "softmax",
              {"pool": {"size": 3, "stride": 2, "padding": "same"}}, {"pool": 2}, "elu", "linear"]
    sides = {"stride": rng.randint(1, 3), "padding": rng.choice(["same", 2])}
    sequence = [{"conv1d": {"filters": 4, "kernel": 4, **sides}},
                {"separable_conv": {"filters": 5, "kernel": 2, **sides}},
                {"conv1d": {"filters": 3, "kernel": 3, "dilation": 2, "padding": "causal"}}]
    image = [{"conv": {"filters": 4, "kernel": rng.choice([1, 3, [2, 5]]), **sides}},
             {"conv": {"filters": 6, "kernel": 3, "dilation": 2, "padding": "same", "bias": False}},
             {"separable_conv": {"filters": 5, "kernel": 3, **sides}},
             {"transposed_conv": {"filters": 3, "kernel": rng.randint(1, 5), "stride": rng.randint(1, 3),
                                  "padding": rng.choice(["same", "valid"])}},
             {"residual": [{"conv": {"filters": 4, "stride": 2, "padding": "same"}}, "relu"]},
             {"parallel": [[{"conv": {"filters": 2, "padding": "same"}}], []]}]
    choices = {1: vector, 2: either + sequence, 3: either + image}[len(shape)]
    items = [rng.choice(choices) for _ in range(rng.randint(1, 5))]
    if len(shape) > 1:
        whole = ["flatten", *({"global_pool": take} for take in ("max", "average", "sum"))]
        items += [rng.choice(whole), rng.choice(vector)]
    return items, shape


@pytest.mark.parametrize("case", range(40))
def test_a_network_is_what_was_planned(case: int) -> None:
    items, shape = drawn_layers(random.Random(case))
    rows = {row.name: row for row in plan(parse(items), shape)}
    net = network(items, shape)
    seen = {}
    for name, module in net.named_modules():
        if name in rows:
            module.register_forward_hook(lambda module, args, output, name=name: seen.update({name: output.shape[1:]}))
    net(torch.randn(4, *shape, requires_grad=True)).sum().backward()

    assert {name: rows[name].output_shape for name in seen} == seen
    for name, module in net.named_modules():
        if name in rows and rows[name].kind not in ("residual", "parallel"):
            row = rows[name]
            assert sum(value.numel() for value in module.parameters()) == row.trainable
            assert sum(value.numel() for value in module.buffers() if value.dim() and module.state_dict()) == row.frozen
    absent = {name for name in rows if name not in dict(net.named_modules())}
    assert {rows[name].kind for name in absent} <= {"dropout", "activation", "flatten"}  # rate 0, linear, flat already
    assert all(value.grad is not None for value in net.parameters())


@pytest.mark.parametrize(("init", "spread", "bounded"), [
    ("glorot_uniform", sqrt(2 / (300 + 200)), sqrt(6 / (300 + 200))),
    ("glorot_normal", sqrt(2 / (300 + 200)), 2 * sqrt(2 / (300 + 200)) / 0.8796),
    ("he_uniform", sqrt(2 / 300), sqrt(6 / 300)),
    ("he_normal", sqrt(2 / 300), 2 * sqrt(2 / 300) / 0.8796),
    ("lecun_uniform", sqrt(1 / 300), sqrt(3 / 300)),
    ("lecun_normal", sqrt(1 / 300), 2 * sqrt(1 / 300) / 0.8796),
    ("he_random_normal", sqrt(2 / 300), 6 * sqrt(2 / 300)),
    ("lecun_random_normal", sqrt(1 / 300), 6 * sqrt(1 / 300)),
    ("uniform", 0.05 / sqrt(3), 0.05),
    ("unit_uniform", 1 / sqrt(3), 1),
    ("normal", 0.05, 0.05 * 6),
    ("small_normal", 0.02, 0.02 * 6),
    ("truncated_normal", 0.05 * 0.8796, 0.1),
    ("zeros", 0, 0),
    ("torch", sqrt(1 / 300 / 3), sqrt(1 / 300)),
    ("orthogonal", sqrt(1 / 300), 6 * sqrt(1 / 300)),
])
def test_initial_weights_have_keras_spread_and_bound(init: str, spread: float, bounded: float) -> None:
    weight = network([Dense(200, init=init)], (300,)).dense_1.weight
    assert weight.std().item() == pytest.approx(spread, rel=0.02)
    assert abs(weight.mean().item()) <= 5 * spread / sqrt(weight.numel())
    assert weight.abs().max().item() <= bounded * 1.0001
    assert init in INITS


@pytest.mark.parametrize("init", ["he_normal", "lecun_normal"])
def test_a_plain_normal_is_not_cut_off_as_keras_he_and_lecun_normal_are(init: str) -> None:
    """Beyond two deviations of the wider normal that Keras cuts off lie 2.2 % of a plain one of the same deviation."""
    plain, cut = (network([Dense(200, init=name)], (300,)).dense_1.weight for name in (
        init.replace("_normal", "_random_normal"), init))
    beyond = 2 * sqrt((2 if init == "he_normal" else 1) / 300) / 0.8796
    assert (cut.abs() > beyond * 1.0001).sum() == 0
    share = 2 * (1 - NormalDist().cdf(2 / 0.8796))
    assert (plain.abs() > beyond).float().mean().item() == pytest.approx(share, rel=0.1)


@pytest.mark.parametrize(("layer", "shape", "parameter", "fans"), [
    (Conv(24, (3, 5)), (16, 9, 9), "weight", 15 * 16 + 15 * 24),
    (Conv(24, (3,), groups=4), (16, 9, 9), "weight", 9 * 4 + 9 * 24),
    (TransposedConv(24, (3, 5)), (16, 9, 9), "weight", 15 * 16 + 15 * 24),
    (SeparableConv(24, (5,)), (64, 9, 9), "depthwise", 25 * 64 + 25),
    (SeparableConv(24, (5,)), (64, 9, 9), "pointwise", 64 + 24),
])
def test_the_fans_of_convolutions_are_keras(layer: Layer, shape: tuple[int, ...], parameter: str, fans: int) -> None:
    weight = dict(network([layer], shape).named_parameters())[f"{layer.kind}_1.{parameter}"]
    assert weight.abs().max().item() == pytest.approx(sqrt(6 / fans), rel=0.02)


@pytest.mark.parametrize("units", [20, 50])
def test_orthogonal_weights_keep_lengths(units: int) -> None:
    weight = network([Dense(units, init="orthogonal")], (30,)).dense_1.weight
    square = weight @ weight.T if units < 30 else weight.T @ weight
    torch.testing.assert_close(square, torch.eye(min(units, 30)), atol=1e-5, rtol=0)


def test_each_parameter_has_a_stream_of_its_own() -> None:
    torch.manual_seed(1)
    short = network([{"dense": 5}, {"dense": 4}], (7,), seed=3).state_dict()
    torch.manual_seed(2)
    long = network([{"dense": 5}, "batch_norm", {"dense": 4}, {"dense": 3}], (7,), seed=3).state_dict()
    for name, value in short.items():
        assert torch.equal(value, long[name])
    g = torch.Generator().manual_seed(derive_seed(3, "init", "dense_2.weight"))
    limit = sqrt(6 / (5 + 4))
    assert torch.equal(long["dense_2.weight"], torch.empty(4, 5).uniform_(-limit, limit, generator=g))
    assert not torch.equal(long["dense_1.weight"], network([{"dense": 5}], (7,), seed=4).state_dict()["dense_1.weight"])


def test_building_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    network([{"embedding": {"vocabulary": 9, "dim": 3}}, {"conv1d": 4}, "flatten", {"dense": 5}], (7,))
    assert torch.equal(torch.get_rng_state(), before)


def test_biases_are_zero_unless_torch_or_bias_init_says_otherwise() -> None:
    biases = [network([Dense(400, init=init, bias_init=bias_init)], (25,)).dense_1.bias
              for init, bias_init in [("he_normal", "zeros"), ("he_normal", "ones"), ("torch", "zeros")]]
    assert biases[0].abs().max() == 0
    assert torch.equal(biases[1], torch.ones(400))
    assert biases[2].abs().max().item() == pytest.approx(1 / sqrt(25), rel=0.02)


def test_the_penalty_is_the_sum_of_absolute_values_and_squares_of_the_kernels() -> None:
    net = network([{"conv": {"filters": 3, "l1": 0.01, "l2": 0.02}}, "flatten", {"dense": {"units": 4, "l2": 0.5}},
                   {"residual": [{"dense": {"units": 4, "l1": 0.25}}]}, {"dense": 2}], (1, 5, 5))
    conv, dense, inner = net.conv_1.weight, net.dense_1.weight, net.residual_1.layers.dense_1.weight
    expected = (0.01 * conv.abs() + 0.02 * conv ** 2).sum() + 0.5 * (dense ** 2).sum() + 0.25 * inner.abs().sum()
    assert penalty(net).item() == pytest.approx(expected.item(), rel=1e-6)
    penalty(net).backward()
    torch.testing.assert_close(dense.grad, dense.detach())  # d/dW of 0.5 W**2
    assert net.dense_1.bias.grad is None and net.dense_2.weight.grad is None
    halves = {name: value / 2 for name, value in net.named_parameters()}
    assert penalty(net, halves).item() < penalty(net).item()


def test_a_copy_of_a_network_is_penalised_for_its_own_weights() -> None:
    net = network([{"dense": {"units": 4, "l2": 0.5}}], (3,))
    twin = copy.deepcopy(net)
    nn.init.zeros_(net.dense_1.weight)
    assert penalty(net) == 0 < penalty(twin)


def test_without_penalties_there_is_nothing_to_add() -> None:
    assert penalty(network([{"dense": 4}], (3,))) is None
    assert penalty(nn.Linear(3, 4)) is None


@pytest.mark.parametrize(("layer", "shape", "axes"), [
    (Dense(6, max_norm=0.5), (9,), (1,)),
    (Conv(6, max_norm=0.5), (2, 5, 5), (1, 2, 3)),
    (TransposedConv(6, max_norm=0.5), (2, 5, 5), (0, 2, 3)),
])
def test_a_constraint_bounds_the_norm_of_each_units_incoming_weights(layer: Layer, shape: tuple, axes: tuple) -> None:
    net = network([layer], shape)
    weight = net[0].weight
    with torch.no_grad():
        weight.select(1 if axes[0] == 0 else 0, 0).mul_(1e-3)  # the first unit is short already
    before = weight.detach().clone()
    constrain(net)
    norms, old = weight.square().sum(axes).sqrt(), before.square().sum(axes).sqrt()
    torch.testing.assert_close(norms, old.clamp(max=0.5), rtol=1e-4, atol=1e-6)
    assert old[1:].min() > 0.5 > old[0]


def test_a_network_on_meta_has_shapes_and_no_memory() -> None:
    net = build(parse(["flatten", {"dense": 100_000}]), (100, 100, 100), seed=0, rng=StepRng(0, "cpu"), device="meta")
    assert net.dense_1.weight.shape == (100_000, 1_000_000) and net.dense_1.weight.is_meta
