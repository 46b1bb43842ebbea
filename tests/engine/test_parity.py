"""dlrun's engine gives the bits of a plain PyTorch loop with the same modules and the same order of rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from dlrun.assembly.build_run import build_run
from dlrun.assembly.machine import choose
from dlrun.models.build import build
from dlrun.models.step_rng import StepRng
from dlrun.preflight.preflight import preflight
from tests.engine.plain import gan, loop, supervised, vae

OVERRIDES = ("dataset=npz", "validation=0", "epochs=2", "batch_size=128", "threads=1", "device=cpu", "seed=3")


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    """784 columns, 10 classes, rows that do not fill the last batch."""
    rng = np.random.default_rng(0)
    path = tmp_path / "made.npz"
    y = rng.integers(0, 10, 1000)
    x = (rng.normal(size=(1000, 784)) + y[:, None] / 3).astype(np.float32)
    np.savez(path, x_train=x, y_train=y, x_test=x[:50], y_test=y[:50])
    return path


def optimizers(weights):
    return {
        "adam": torch.optim.Adam(weights, 1e-3, eps=1e-7, fused=True),
        "sgd": torch.optim.SGD(weights, 1e-2, fused=True),
        "rmsprop": torch.optim.RMSprop(weights, 1e-3, alpha=0.9, eps=1e-7),
    }


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_final_weights_are_bit_equal_to_a_plain_loop(arrays: Path, go, optimizer: str) -> None:
    overrides = [*OVERRIDES, f"dataset.path={arrays}", "model=dense", "model.dropout=0.3", f"optimizer={optimizer}"]
    outcome = go(*overrides)
    ours = torch.load(outcome.folder / "checkpoints" / "last.pt", weights_only=True)["parts"]["model"]

    checked = preflight(overrides)
    components = build_run(checked, choose(checked.config), print)  # for its tensors: the data as the run saw it
    rng = StepRng(3, "cpu")
    assert checked.layers is not None
    model = build(checked.layers, (784,), seed=3, rng=rng)
    step = supervised(model.train(), optimizers(list(model.parameters()))[optimizer], F.cross_entropy)
    losses = loop(step, components.train.x, components.train.y, batch_size=128, seed=3, epochs=2, rng=rng.seed_step)

    assert_equal(ours, model.state_dict())
    assert outcome.result["train"]["loss"] == pytest.approx(losses[-1], rel=1e-6)


def assert_equal(ours, theirs) -> None:
    assert ours.keys() == theirs.keys()
    for name, weight in theirs.items():
        assert torch.equal(weight, ours[name]), name


def adam(module) -> torch.optim.Optimizer:
    return torch.optim.Adam(module.parameters(), 1e-3, eps=1e-7, fused=True)


LSTM = ["dataset=digits_rows", "model=lstm", "model.dropout=0.2"]
FAMILIES = {
    "vae": ["model=vae", "model.hidden=[20]", "model.dropout=0.2"],
    "conv_vae": ["model=conv_vae", "model.filters=[4,6]"],
    "gan": ["optimizer=adam", "model=gan", "model.generator_hidden=[16]", "model.discriminator_hidden=[16]"],
    "dcgan": ["optimizer=adam", "model=dcgan", "model.generator_filters=[6]", "model.discriminator_filters=[4]"],
    "lstm": [*LSTM, "model.recurrent_dropout=0.2"],
    "lstm, fast cell": [*LSTM, "model.cell=fast"],
}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_other_families_end_with_the_bits_of_their_plain_loops(go, quick_classifier: None, family: str) -> None:
    overrides = [*OVERRIDES[1:], *FAMILIES[family]]
    outcome = go(*overrides)
    ours = torch.load(outcome.folder / "checkpoints" / "last.pt", weights_only=True)["parts"]["model"]

    checked = preflight(overrides)
    components = build_run(checked, choose(checked.config), print)  # the same initial weights and rows, untrained
    model, name = components.model.train(), "loss"
    if "gan" in family:
        step, name = gan(model, adam(model.discriminator), adam(model.generator), components.rng), "discriminator_loss"
    elif "vae" in family:
        step = vae(model, adam(model), components.rng)
    else:
        step = supervised(model, adam(model), F.cross_entropy)
    x, y = components.train.range(0, components.train.count)
    losses = loop(step, x, y, batch_size=128, seed=3, epochs=2, rng=components.rng.seed_step)
    assert_equal(ours, model.state_dict())
    assert outcome.result["train"][name] == pytest.approx(losses[-1], rel=1e-6)
