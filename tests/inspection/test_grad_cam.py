"""``grad_cam``: the heat lies where a constructed network looks, and is what the paper's formula gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from dlrun.config.problem import ConfigError
from dlrun.inspection.methods.grad_cam import GradCam, heat_maps, last_maps
from tests.inspection.subjects import subject

Y, X = slice(2, 6), slice(9, 14)  # the region


class LooksAtOneRegion(nn.Module):
    """The score of class b is the mean light in a region of the picture, that of a the mean light outside of it."""

    def __init__(self) -> None:
        super().__init__()
        region = torch.zeros(1, 1, 16, 16)
        region[..., Y, X] = 1
        self.register_buffer("region", region)
        self.part = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        parts = self.part(torch.cat([x * (1 - self.region), x * self.region], 1))
        return parts.mean((2, 3))


def pictures(rows: int, side: int = 16) -> np.ndarray:
    return np.random.default_rng(0).random((rows, 1, side, side), np.float32)


def test_the_heat_lies_in_the_region_that_the_answer_depends_on(tmp_path: Path) -> None:
    x, inside = pictures(3), np.zeros((16, 16), bool)
    inside[Y, X] = True
    x[:, 0, ~inside] += 5  # far brighter, and of no concern
    found = subject(LooksAtOneRegion(), x, np.array([1, 1, 0]), tmp_path)
    said = GradCam(layer="part", rows=(0, 1, 2)).inspect(found).values["rows"]
    part = next(layer for layer in found.layers(torch.from_numpy(x)) if layer.name == "part")
    heat = heat_maps(found, torch.from_numpy(x), [1, 1, 0], part).numpy()
    assert heat[0, inside].min() > 0 == heat[0, ~inside].max() and heat[2, inside].max() == 0 < heat[2, ~inside].min()
    for row in said[:2]:
        top, left = row["peak"]
        assert 2 / 16 < top < 6 / 16 and 9 / 16 < left < 14 / 16
    assert [row["class"] for row in said] == ["b", "b", "a"], "the right class of each"
    sheet = np.asarray(Image.open(tmp_path / "heat.png")).astype(int)  # 6 times as large: picture, heat, picture ...
    shown, over = (sheet[6:102, 6 + 102 * place:102 + 102 * place] for place in range(2))
    grey = np.abs(over - shown).max(2) == 0
    blank = grey.reshape(16, 6, 16, 6).all((1, 3))
    assert blank[inside].mean() < 0.2, "the region is coloured, but for its darkest pixels"
    assert blank[~inside].all(), "and nothing else is"


class Plain(nn.Sequential):
    def __init__(self) -> None:
        super().__init__()
        self.add_module("conv_1", nn.Conv2d(1, 4, 3))
        self.add_module("batch_norm_1", nn.BatchNorm2d(4))
        self.add_module("relu", nn.ReLU(inplace=True))
        self.add_module("pool", nn.MaxPool2d(2))
        self.add_module("flatten", nn.Flatten())
        self.add_module("dense", nn.Linear(36, 3))


def test_the_heat_is_the_formula_of_the_paper_at_the_last_maps_before_pooling(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, x = Plain().eval(), torch.from_numpy(pictures(2, 8))
    found = subject(model, x.numpy(), np.array([0, 2]), tmp_path)
    layer = last_maps(found, found.layers(x))
    assert layer.name == "relu"
    heat = heat_maps(found, x, [0, 2], layer)
    for number, place in enumerate([0, 2]):
        maps = torch.relu(model.batch_norm_1(model.conv_1(x[number:number + 1]))).detach().requires_grad_()
        score = model.dense(model.flatten(model.pool(maps)))[0, place]
        alpha = torch.autograd.grad(score, maps)[0].mean((2, 3))[0]
        assert torch.allclose(heat[number], torch.relu((alpha[:, None, None] * maps[0]).sum(0)), atol=1e-6)


@pytest.mark.parametrize("method, said", [
    (GradCam(class_="d"), "class=d: no such class; there are a, b, c"),
    (GradCam(layer="dense"), "layer=dense: it gives 3 values and no maps"),
    (GradCam(layer="relu_1"), "layer=relu_1: no such layer; did you mean  relu; there are conv_1, batch_norm_1"),
    (GradCam(part="val"), "part=val: this run has no such rows; there are test, train"),
])
def test_what_it_cannot_show_is_a_sentence(method: GradCam, said: str, tmp_path: Path) -> None:
    found = subject(Plain(), pictures(2, 8), np.array([0, 2]), tmp_path)
    with pytest.raises(ConfigError) as wrong:
        method.inspect(found)
    assert wrong.value.line.startswith(said)
    assert not any(tmp_path.iterdir())


def test_a_network_without_maps_is_a_sentence(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    with pytest.raises(ConfigError, match="has no layer that gives maps"):
        GradCam().inspect(subject(model, pictures(2, 8), np.array([0, 2]), tmp_path))


def test_two_classes_by_one_output_are_both_signs_of_it(tmp_path: Path) -> None:
    class OneLogit(LooksAtOneRegion):
        def forward(self, x: Tensor) -> Tensor:
            light = super().forward(x)
            return light[:, 1:] - light[:, :1]

    x = torch.from_numpy(pictures(1)).expand(2, -1, -1, -1)
    found = subject(OneLogit(), x.numpy(), np.array([0, 1]), tmp_path)
    part = next(layer for layer in found.layers(x) if layer.name == "part")
    a, b = heat_maps(found, x, [0, 1], part).numpy()
    assert a[Y, X].max() == 0 == b[:2].max() and a[:2].min() > 0 and b[Y, X].min() > 0
