"""``activations``: what is shown of a layer is what plain PyTorch makes of the row there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from dlrun.inspection.layers import layer_outputs, watching
from dlrun.inspection.methods.activations import Activations
from tests.inspection.subjects import subject

SHARPER = nn.Sequential()
SHARPER.add_module("conv", nn.Conv2d(1, 3, 1, bias=False))
SHARPER.add_module("act", nn.ReLU(inplace=True))
SHARPER.add_module("flat", nn.Flatten())
SHARPER.add_module("out", nn.Linear(48, 3))


def test_each_channel_is_coloured_from_its_lowest_to_its_highest_value(tmp_path: Path) -> None:
    with torch.no_grad():
        SHARPER.conv.weight.copy_(torch.tensor([1.0, -1.0, 0.0]).view(3, 1, 1, 1))  # as it is, reversed, nothing
    x = np.zeros((3, 1, 4, 4), np.float32)
    x[1, 0, 0, 3] = 2.0
    found = subject(SHARPER, x, np.array([0, 1, 2]), tmp_path)
    about = Activations(layer=("conv", "act"), rows=(1,)).inspect(found).values["layers"]
    assert (about["conv"]["low"], about["conv"]["high"]) == (-2, 2), "the layer behind works in place"
    assert (about["conv"]["silent"], about["act"]["silent"]) == (1, 2)
    sheet = np.asarray(Image.open(tmp_path / "test_1-conv.png")).astype(int)
    tiles = [sheet[6 + 12:6 + 96:24, 6 + 12 + place * 102:6 + 96 + place * 102:24] for place in range(3)]
    dark, light = [68, 1, 84], [253, 231, 37]  # viridis, both ends
    shown = np.full((4, 4, 3), dark)
    shown[0, 3] = light
    reversed_ = np.full((4, 4, 3), light)
    reversed_[0, 3] = dark
    assert [tile.tolist() for tile in tiles] == [shown.tolist(), reversed_.tolist(), np.full((4, 4, 3), dark).tolist()]


def test_layers_are_listed_as_they_end_and_watching_changes_no_gradient() -> None:
    x = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert [(layer.name, layer.shape) for layer in layer_outputs(SHARPER, SHARPER, x)] == [
        ("conv", (3, 4, 4)), ("act", (3, 4, 4)), ("flat", (48,)), ("out", (3,))]
    plain, = torch.autograd.grad(SHARPER(x)[:, 1].sum(), x)
    with watching(SHARPER, ["conv", "out"]) as seen:
        watched, = torch.autograd.grad(SHARPER(x)[:, 1].sum(), x)
    assert torch.equal(plain, watched)
    assert seen["conv"].shape == (2, 3, 4, 4)
