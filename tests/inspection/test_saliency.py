"""``saliency``: the pixels that a constructed network's answer depends on, each by its weight."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from dlrun.inspection.methods.saliency import Saliency, pixel_sizes
from tests.inspection.subjects import subject


class Weighted(nn.Module):
    """The score of class b is a weighted sum of pixels, that of a is 0; squared where a pixel's weight is 3."""

    def __init__(self, weights: np.ndarray, power: int = 1) -> None:
        super().__init__()
        self.register_buffer("weights", torch.from_numpy(weights))
        self.power = power

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        score = (x ** self.power * self.weights).sum((1, 2, 3))
        return torch.stack([torch.zeros_like(score), score], 1)


def weights() -> np.ndarray:
    found = np.zeros((3, 12, 12), np.float32)
    found[1, 2:5, 7:9] = -2
    found[0, 2, 7] = 3
    return found


def test_each_pixel_has_the_size_of_its_largest_weight(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((2, 3, 12, 12), np.float32)
    found = subject(Weighted(weights()), x, np.array([1, 1]), tmp_path)
    said = Saliency(rows=(0, 1)).inspect(found).values["rows"]
    sizes = pixel_sizes(Saliency(), found, torch.from_numpy(x), [1, 1])
    expected = np.abs(weights()).max(0)
    assert np.array_equal(sizes[0].numpy(), expected) and np.array_equal(sizes[1].numpy(), expected)
    assert said[0] == {"row": "test 0", "class": "b", "largest": 3.0, "mean": pytest.approx(expected.mean())}
    sheet = np.asarray(Image.open(tmp_path / "gradient.png")).astype(int)
    shown = sheet[6 + 4:6 + 96:8, 102 + 6 + 4:102 + 6 + 96:8].sum(2)
    assert (shown[2:5, 7:9] > 500).all() and shown.max(initial=0, where=expected == 0) < 10


def test_copies_with_noise_average_to_the_gradient_of_the_smoothed_score(tmp_path: Path) -> None:
    """Of sum(w x^2) the gradient is 2 w x, linear in x: noise of mean zero averages out."""
    x = np.full((1, 3, 12, 12), 0.5, np.float32)
    found = subject(Weighted(weights(), power=2), x, np.array([1]), tmp_path)
    one = pixel_sizes(Saliency(smooth=1, noise=0.2), found, torch.from_numpy(x), [1])[0].numpy()
    many = pixel_sizes(Saliency(smooth=400, noise=0.2), found, torch.from_numpy(x), [1])[0].numpy()
    expected = np.abs(weights()).max(0)
    assert np.abs(many - expected).max() < 0.15 < np.abs(one - expected).max()


def test_the_scale_of_the_data_does_not_matter(tmp_path: Path) -> None:
    """A network on pixels from -1 to 1 that undoes this scale has the gradient by pixels from 0 to 1."""
    x = np.random.default_rng(0).random((1, 3, 12, 12), np.float32)

    class Undone(Weighted):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x / 2 + 0.5)

    found = subject(Undone(weights()), x * 2 - 1, np.array([1]), tmp_path)
    found.run.kept["scale"] = {"offset": 0.5, "factor": 2.0}
    sizes = pixel_sizes(Saliency(), found, torch.from_numpy(x * 2 - 1), [1])[0].numpy()
    assert np.allclose(sizes, np.abs(weights()).max(0), atol=1e-5)
    assert np.allclose(found.pixels(torch.from_numpy(x * 2 - 1)).numpy(), x, atol=1e-6)
