"""The recurrent cells against Keras 2's equations in NumPy, PyTorch's fused modules, and autograd."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dlrun.models.build import build
from dlrun.models.parse import parse
from dlrun.models.recurrent.module import Recurrent
from dlrun.models.step_rng import LANES, StepRng

FEATURES, UNITS, ROWS, LENGTH = 3, 4, 5, 7
Array = np.ndarray


def layer(kind: str, seed: int = 0, rng: StepRng | None = None, **fields: object) -> Recurrent:
    """A layer of doubles with weights and biases that are far from their initial values."""
    made = build(parse([{kind: {"units": UNITS, **fields}}]), (FEATURES, LENGTH), seed=seed,
                 rng=rng or StepRng(0, "cpu"))[0].double()
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in made.parameters():
            value.normal_(0, 0.7, generator=g)
    assert isinstance(made, Recurrent)
    return made


def rows(seed: int = 1, length: int = LENGTH) -> Tensor:
    return torch.randn(ROWS, FEATURES, length, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def hard_sigmoid(x: Array) -> Array:
    return np.clip(0.2 * x + 0.5, 0, 1)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def kernels(made: Recurrent, order: tuple[int, ...], way: str = "") -> list[list[Array]]:
    """Per gate in Keras's order: kernel (features, units), recurrent kernel (units, units), bias, recurrent bias."""
    def split(name: str) -> list[Array]:
        value = getattr(made, name + way, None)
        if value is None:
            return [np.zeros(UNITS)] * len(order)
        parts = np.split(value.detach().numpy(), len(order))
        return [parts[place].T for place in order]

    return [list(gate) for gate in zip(*(split(name) for name in ("weight_ih", "weight_hh", "bias", "bias_hh")))]


Step = Callable[[Array, Array, Array], tuple[Array, Array]]


def keras_rnn(made: Recurrent, x_mask: Array, h_mask: Array) -> Step:
    """SimpleRNNCell.call."""
    (w, u, b, _), = kernels(made, (0,))

    def step(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        return np.tanh((x * x_mask[0]) @ w + b + (h * h_mask[0]) @ u), c

    return step


def keras_lstm(gate: Callable[[Array], Array]) -> Callable[[Recurrent, Array, Array], Step]:
    """LSTMCell.call, implementation 1; Keras's order i, f, c, o is PyTorch's, that of the masks is c, i, f, o."""
    def cell(made: Recurrent, x_mask: Array, h_mask: Array) -> Step:
        (wi, ui, bi, _), (wf, uf, bf, _), (wc, uc, bc, _), (wo, uo, bo, _) = kernels(made, (0, 1, 2, 3))

        def step(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
            i = gate((x * x_mask[1]) @ wi + bi + (h * h_mask[1]) @ ui)
            f = gate((x * x_mask[2]) @ wf + bf + (h * h_mask[2]) @ uf)
            c = f * c + i * np.tanh((x * x_mask[0]) @ wc + bc + (h * h_mask[0]) @ uc)
            o = gate((x * x_mask[3]) @ wo + bo + (h * h_mask[3]) @ uo)
            return o * np.tanh(c), c

        return step

    return cell


def keras_gru(gate: Callable[[Array], Array], after: bool) -> Callable[[Recurrent, Array, Array], Step]:
    """GRUCell.call, implementation 1; Keras's order is z, r, h, ours r, z, h, that of the masks too."""
    def cell(made: Recurrent, x_mask: Array, h_mask: Array) -> Step:
        (wz, uz, bz, vz), (wr, ur, br, vr), (wh, uh, bh, vh) = kernels(made, (1, 0, 2))

        def step(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
            z = gate((x * x_mask[1]) @ wz + bz + (h * h_mask[1]) @ uz + vz)
            r = gate((x * x_mask[0]) @ wr + br + (h * h_mask[0]) @ ur + vr)
            x_h = (x * x_mask[2]) @ wh + bh
            h_h = r * ((h * h_mask[2]) @ uh + vh) if after else (r * h * h_mask[2]) @ uh
            return z * h + (1 - z) * np.tanh(x_h + h_h), c

        return step

    return cell


CELLS = [
    ("rnn", {}, keras_rnn),
    ("lstm", {}, keras_lstm(hard_sigmoid)),
    ("lstm", {"recurrent_activation": "sigmoid"}, keras_lstm(sigmoid)),
    ("gru", {}, keras_gru(hard_sigmoid, after=False)),
    ("gru", {"recurrent_activation": "sigmoid"}, keras_gru(sigmoid, after=False)),
    ("gru", {"reset_after": True}, keras_gru(hard_sigmoid, after=True)),
    ("rnn", {"cell": "fast"}, keras_rnn),
    ("lstm", {"cell": "fast"}, keras_lstm(sigmoid)),
    ("gru", {"cell": "fast"}, keras_gru(sigmoid, after=True)),
]
NAMES = [f"{kind} {' '.join(map(str, fields.values()))}" for kind, fields, _ in CELLS]
LOOPS = [cell for cell in CELLS if "cell" not in cell[1]]


def unrolled(step: Step, x: Tensor) -> Array:
    """All states (rows, units, length) of a loop over time."""
    h = c = np.zeros((ROWS, UNITS))
    states = []
    for now in x.numpy().transpose(2, 0, 1):
        h, c = step(now, h, c)
        states.append(h)
    return np.stack(states, 2)


ONES = np.ones((4, ROWS, 1))


@pytest.mark.parametrize(("kind", "fields", "keras"), CELLS, ids=NAMES)
def test_a_cell_is_keras_2s(kind: str, fields: dict, keras: Callable) -> None:
    made = layer(kind, return_sequences=True, **fields)
    expected = unrolled(keras(made, ONES, ONES), rows())
    np.testing.assert_allclose(made(rows()).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    last = layer(kind, **fields)
    np.testing.assert_allclose(last(rows()).detach().numpy(), expected[..., -1], rtol=1e-10, atol=1e-12)
    with torch.no_grad():  # nothing is kept for a backward pass
        np.testing.assert_allclose(made(rows()).numpy(), expected, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(last(rows()).numpy(), expected[..., -1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize(("kind", "fields"), [
    ("rnn", {}), ("rnn", {"activation": "relu"}), ("lstm", {}), ("lstm", {"activation": "relu"}),
    ("lstm", {"recurrent_activation": "sigmoid", "activation": "linear"}), ("gru", {}), ("gru", {"activation": "relu"}),
    ("gru", {"recurrent_activation": "tanh"}), ("gru", {"reset_after": True}), ("gru", {"cell": "fast"}),
])
@pytest.mark.parametrize("dropped", [0.0, 0.4])
def test_the_gradients_are_those_of_finite_differences(kind: str, fields: dict, every: bool, dropped: float) -> None:
    rng = StepRng(0, "cpu")
    rates = {"dropout": dropped} if "cell" in fields else {"dropout": dropped, "recurrent_dropout": dropped}
    made = layer(kind, rng=rng, return_sequences=every, **fields, **rates)
    names = list(dict(made.named_parameters()))

    def run(x: Tensor, *values: Tensor) -> Tensor:
        rng.seed_step(4)
        return torch.func.functional_call(made, dict(zip(names, values)), x)

    assert torch.autograd.gradcheck(run, (rows(length=3)[:2].requires_grad_(), *made.parameters()))


@pytest.mark.parametrize(("kind", "theirs", "fields"), [
    ("rnn", nn.RNN, {}), ("lstm", nn.LSTM, {"recurrent_activation": "sigmoid"}),
    ("gru", nn.GRU, {"recurrent_activation": "sigmoid", "reset_after": True}),
])
@pytest.mark.parametrize("cell", ["keras", "fast"])
@pytest.mark.parametrize("both", ["none", "concat"])
def test_values_and_gradients_are_pytorchs(kind: str, theirs: type, fields: dict, cell: str, both: str) -> None:
    made = layer(kind, cell=cell, return_sequences=True, bidirectional=both, **fields)
    torchs = theirs(FEATURES, UNITS, batch_first=True, bidirectional=both == "concat").double()
    own = dict(made.named_parameters())
    with torch.no_grad():
        for way in made.ways:
            for name, ours in (("weight_ih_l0", "weight_ih"), ("weight_hh_l0", "weight_hh"), ("bias_ih_l0", "bias"),
                               ("bias_hh_l0", "bias_hh")):
                value = getattr(torchs, name + way)
                value.copy_(own[ours + way]) if ours + way in own else value.zero_()
    x = rows().requires_grad_()
    y, expected = made(x), torchs(x.transpose(1, 2))[0].transpose(1, 2)
    torch.testing.assert_close(y, expected)
    weights = torch.randn(y.shape, dtype=y.dtype, generator=torch.Generator().manual_seed(3))
    ours = torch.autograd.grad((y * weights).sum(), [x, *(own[f"weight_ih{way}"] for way in made.ways),
                                                     *(own[f"weight_hh{way}"] for way in made.ways),
                                                     *(own[f"bias{way}"] for way in made.ways)])
    named = torchs.named_parameters()
    wanted = dict(named)
    grads = torch.autograd.grad((expected * weights).sum(), [
        x, *(wanted[f"{name}{way}"] for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0") for way in made.ways)])
    for ours_one, theirs_one in zip(ours, grads):
        torch.testing.assert_close(ours_one, theirs_one)


@pytest.mark.parametrize(("kind", "fields", "keras"), CELLS, ids=NAMES)
def test_dropout_masks_stay_over_time_and_differ_between_gates(kind: str, fields: dict, keras: Callable) -> None:
    """Against Keras's equations with masks that are read back from the noise, in the order they are drawn in."""
    rng = StepRng(0, "cpu")
    fast = fields.get("cell") == "fast"
    made = layer(kind, rng=rng, return_sequences=True, dropout=0.3, recurrent_dropout=0.0 if fast else 0.6,
                 **fields)
    gates = made.cell.gates
    rng.seed_step(9)
    y = made(rows()).detach().numpy()
    rng.seed_step(9)

    def mask(count: int, size: int, rate: float) -> Array:
        lanes = rng.lanes(count * ROWS * size).numpy().reshape(count, ROWS, size)
        dropped = round(rate * LANES)
        return (lanes >= dropped - LANES // 2) * (LANES / (LANES - dropped))

    x_mask = np.broadcast_to(mask(1, FEATURES, 0.3), (gates, ROWS, FEATURES)) if fast else mask(gates, FEATURES, 0.3)
    h_mask = ONES if fast else mask(gates, UNITS, 0.6)
    assert (x_mask == 0).any() and (fast or (h_mask == 0).any())
    np.testing.assert_allclose(y, unrolled(keras(made, x_mask, h_mask), rows()), rtol=1e-10, atol=1e-12)
    before = rng.generator.get_state()
    np.testing.assert_allclose(made.eval()(rows()).detach().numpy(), unrolled(keras(made, ONES, ONES), rows()),
                               rtol=1e-10, atol=1e-12)
    assert torch.equal(rng.generator.get_state(), before)


def test_half_precision_around_it_leaves_the_loop_in_float32() -> None:
    made = layer("lstm").float()
    x = rows().float()
    with torch.autocast("cpu", torch.bfloat16):
        y = made(x)
        y.sum().backward()
    assert y.dtype == torch.float32 and torch.equal(y, made(x))
    assert made.weight_hh.grad is not None
