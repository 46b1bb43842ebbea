"""``tsne``: groups that are far apart stay apart; points and pictures are in TensorBoard's projector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.manifold import TSNE
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.inspection.methods.tsne import Tsne
from tests.inspection.subjects import subject

CENTRES = np.array([[0, 0, 0, 0], [9, 0, 9, 0], [0, 9, 0, 9]], np.float32)
Y = np.arange(90) % 3
X = (CENTRES[Y] + np.random.default_rng(0).normal(0, 1, (90, 4))).astype(np.float32).reshape(90, 1, 2, 2)


def twice() -> nn.Module:
    """A network whose hidden features are the pixels, doubled."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 4, bias=False), nn.Linear(4, 3))
    with torch.no_grad():
        net[1].weight.copy_(2 * torch.eye(4))
    return net


def test_rows_of_groups_that_are_far_apart_lie_in_groups(tmp_path: Path) -> None:
    found = subject(twice(), X, Y, tmp_path / "tsne")
    values = Tsne(perplexity=10).inspect(found).values
    assert values["same_class"] == {"plane": 1.0, "features": 1.0}
    search = TSNE(2, perplexity=10, init="pca", random_state=0)
    expected = search.fit_transform(2 * X.reshape(90, 4))
    assert values["divergence"] == pytest.approx(search.kl_divergence_, rel=0.02)
    points = np.loadtxt(tmp_path / "projector" / "tsne.tsv", delimiter="\t")
    assert points.shape == expected.shape and (tmp_path / "tsne" / "tsne.png").is_file()
    features = np.loadtxt(tmp_path / "projector" / "features.tsv", delimiter="\t")
    assert np.allclose(features, 2 * X.reshape(90, 4), atol=1e-4)
    labels = (tmp_path / "projector" / "tsne-labels.tsv").read_text().splitlines()
    assert labels[:3] == ["a (test 0)", "b (test 1)", "c (test 2)"]
    assert 'tensor_name: "tsne"' in (tmp_path / "projector_config.pbtxt").read_text()


def test_classes_that_are_drawn_by_chance_are_not_found_and_few_rows_are_a_sentence(tmp_path: Path) -> None:
    mixed = np.random.default_rng(1).permutation(Y)
    values = Tsne(perplexity=10).inspect(subject(twice(), X, mixed, tmp_path / "tsne")).values
    assert values["same_class"]["features"] < 0.6
    with pytest.raises(ConfigError, match="perplexity=30  expected less than the rows, of which there are 20"):
        Tsne(count=20).inspect(subject(twice(), X, Y, tmp_path / "few"))
