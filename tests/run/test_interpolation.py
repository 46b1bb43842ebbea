"""The loss between random and trained weights."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from dlrun.data.prepare import prepare
from dlrun.diagnostics.interpolation import described, valleys
from dlrun.inference.load import load_run

OVERRIDES = ["dataset=blobs", "model=softmax", "task.loss=cross_entropy", "epochs=15", "optimizer.lr=0.05"]


def test_the_losses_are_those_of_weights_on_the_line(go) -> None:
    """One end is the run's own; where the other end are zeros, the line is a factor of all weights."""
    outcome = go(*OVERRIDES, "task=classify", "interpolation=true")
    plain = go(*OVERRIDES, "task=classify")
    assert plain.folder != outcome.folder and "interpolation" not in plain.result
    losses = dict(outcome.result["interpolation"]["losses"])
    assert (min(losses), max(losses), len(losses)) == (-2, 2, 81)
    assert losses[0.0] == pytest.approx(outcome.result["test"]["loss"], rel=1e-6)
    assert outcome.result["test"] == plain.result["test"]
    config = load_run(outcome.folder).config
    data = prepare(config.dataset, "", validation=config.validation, train_size=None, seed=0, say=lambda line: None)
    x, y = torch.from_numpy(data.scale(data.test.x)), torch.from_numpy(data.test.y)
    zeros = go(*OVERRIDES, "task=classify", "interpolation=true", "model.init=zeros")
    layer = next(module for module in load_run(zeros.folder).model.modules() if hasattr(module, "weight"))
    for alpha, loss in zeros.result["interpolation"]["losses"]:
        logits = (1 - alpha) * F.linear(x, layer.weight, layer.bias)
        assert loss == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-4)
    assert zeros.result["interpolation"]["minima"] == 0
    assert (outcome.folder / "pictures" / "interpolation.png").is_file()


def test_what_is_drawn_afterwards_is_of_the_trained_weights(go) -> None:
    overrides = ["dataset=blobs", "model=dense", "model.hidden=[6]", "model.batch_norm=true", "epochs=2"]
    along, plain = go(*overrides, "interpolation=true"), go(*overrides)
    for picture in ("regions.png", "confusion.png", "reliability.png"):
        one, other = ((outcome.folder / "pictures" / picture).read_bytes() for outcome in (along, plain))
        assert one == other, picture
    losses = dict(along.result["interpolation"]["losses"])
    assert losses[0.0] == pytest.approx(plain.result["test"]["loss"], rel=1e-6)


def test_a_valley_is_a_rise_on_the_way_down() -> None:
    assert valleys([5, 3, 4, 1], 0.5) == 1 and valleys([5, 3, 3.2, 1], 0.5) == 0
    assert valleys([1, 2, 0], 0.5) == 1, "a hill right behind the random weights"
    assert valleys([9, 5, 6, 4, 5, 3, 1], 0.5) == 2
    assert described([2.0, 2.0, 1.0, 0.0], {1.05: 2.0, 0.95: 1.99}) == {"minima": 0, "flatness": pytest.approx(0.05)}
    assert described([1.0, 2.0], {}) == {"minima": 1}
