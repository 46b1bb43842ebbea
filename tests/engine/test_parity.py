"""dlrun's engine gives the bits of a plain PyTorch loop with the same modules and the same order of rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dlrun.models.build import build
from dlrun.models.noise import Noise
from dlrun.run.assemble import assemble
from dlrun.run.machine import choose
from dlrun.run.preflight import preflight
from tests.engine.plain import train

WORDS = ("dataset=npz", "validation=0", "epochs=2", "batch_size=128", "threads=1", "device=cpu", "seed=3")


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
    words = [*WORDS, f"dataset.path={arrays}", "model=dense", "model.dropout=0.3", f"optimizer={optimizer}"]
    outcome = go(*words)
    ours = torch.load(outcome.folder / "checkpoints" / "last.pt", weights_only=True)["parts"]["model"]

    checked = preflight(words)
    parts = assemble(checked, choose(checked.config), print)  # for its tensors: the data as the run saw it
    noise = Noise(3, "cpu")
    assert checked.layers is not None
    model = build(checked.layers, (784,), seed=3, noise=noise)
    losses = train(model, optimizers(list(model.parameters()))[optimizer], parts.train.x, parts.train.y,
                   batch_size=128, seed=3, epochs=2, noise=noise.at)

    theirs = model.state_dict()
    assert ours.keys() == theirs.keys()
    for name, weight in theirs.items():
        assert torch.equal(weight, ours[name]), name
    assert outcome.result["train"]["loss"] == pytest.approx(losses[-1], rel=1e-6)
