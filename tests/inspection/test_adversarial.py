"""``adversarial``: a linear classifier is fooled exactly where the sum of its weights' sizes says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.inspection.methods.adversarial import Adversarial
from dlrun.inspection.methods.adversarial_module import attacked, loss_gradient
from dlrun.inspection.rows import ShownRows
from tests.inspection.subjects import subject

WEIGHTS = np.random.default_rng(1).normal(0, 1, (1, 6, 6)).astype(np.float32)


class Linear(nn.Module):
    """One logit for class b, of pictures that lie well inside of black and white."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weights", torch.from_numpy(WEIGHTS))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return ((x - 0.5) * self.weights).sum((1, 2, 3))[:, None]


def rows(count: int = 60) -> np.ndarray:
    return np.random.default_rng(2).uniform(0.4, 0.6, (count, 1, 6, 6)).astype(np.float32)


def test_the_share_that_is_fooled_is_what_the_margins_say(tmp_path: Path) -> None:
    x = rows()
    logits = ((x - 0.5) * WEIGHTS).sum((1, 2, 3))
    y = (logits > 0).astype(int)
    y[:5] = 1 - y[:5]  # these are wrong as they are, and are not counted
    epsilons = (1.0, 3.0, 9.0)
    values = Adversarial(epsilon=epsilons, count=60).inspect(subject(Linear(), x, y, tmp_path)).values
    margins = np.abs(logits[5:])
    expected = [int((margins < epsilon / 255 * np.abs(WEIGHTS).sum()).sum()) for epsilon in epsilons]
    assert values["right"] == 55 and 0 < expected[0] < expected[1] < 55
    assert [one["fooled"] for one in values["epsilon"]] == expected
    for one in values["epsilon"]:
        assert one["by_noise"] < max(1, one["fooled"]), "random signs nearly cancel in the sum"
        assert one["low"] < one["share"] <= one["high"] and one["share"] == one["fooled"] / 55
    assert (tmp_path / "fooled.png").is_file()


def test_a_row_is_drawn_with_the_first_epsilon_that_fooled_it(tmp_path: Path) -> None:
    x = rows(2)
    logits = ((x - 0.5) * WEIGHTS).sum((1, 2, 3))
    needed = np.abs(logits) / np.abs(WEIGHTS).sum() * 255
    first = (float(needed.min()) * 0.99, float(needed.min()) * 1.01, float(needed.max()) * 1.01)
    found = attacked(subject(Linear(), x, (logits > 0).astype(int), tmp_path), lambda: ShownRows(
        torch.from_numpy(x), torch.from_numpy((logits > 0).astype(int)), ["one", "other"]), first, None, 0)
    weak, strong = (["one", "other"][place] for place in (needed.argmin(), needed.argmax()))
    assert [(one.name, one.epsilon) for one in found.kept] == [(weak, first[1]), (strong, first[2])]


def test_a_class_that_is_named_is_what_rows_are_moved_to(tmp_path: Path) -> None:
    x = rows()
    logits = ((x - 0.5) * WEIGHTS).sum((1, 2, 3))
    values = Adversarial(epsilon=(4.0,), count=60, class_="b").inspect(
        subject(Linear(), x, np.arange(60) % 2, tmp_path)).values
    others = logits[logits <= 0]
    assert values["right"] == len(others)
    assert values["epsilon"][0]["fooled"] == int((others + 4 / 255 * np.abs(WEIGHTS).sum() > 0).sum())


def test_the_gradient_of_several_classes_is_that_of_cross_entropy(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, x, y = nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), torch.from_numpy(rows(4)), torch.tensor([0, 1, 2, 1])
    found = loss_gradient(subject(model, x.numpy(), y.numpy(), tmp_path), x, y)
    shares = torch.softmax(model(x), 1) - nn.functional.one_hot(y, 3)
    assert torch.allclose(found.flatten(1), shares @ model[1].weight, atol=1e-6)


def test_an_unknown_class_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="class=c  no such class; there are a, b"):
        Adversarial(class_="c").inspect(subject(Linear(), rows(4), np.array([0, 1, 0, 1]), tmp_path))
