"""``deep_dream``: steps by the book's formula, detail put back, the same bits after a stop."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.inspection.layers import named_layer
from dlrun.inspection.methods.deep_dream import DeepDream
from dlrun.inspection.methods.deep_dream_module import Dream, ascend, sizes_of
from dlrun.inspection.picture_file import read_picture
from dlrun.inspection.subject import Subject
from dlrun.inspection.trunk import Trunk
from tests.helpers.runs import files
from tests.inspection.stops import counted, stopped_after
from tests.inspection.subjects import subject


def looked_at(folder: Path, *own: Path) -> Subject:
    """A network with the layers conv, relu, flat and out on pictures of 16 x 16."""
    torch.manual_seed(0)
    model = nn.Sequential()
    model.add_module("conv", nn.Conv2d(3, 4, 3, padding=1))
    model.add_module("relu", nn.ReLU())
    model.add_module("flat", nn.Flatten())
    model.add_module("out", nn.Linear(4 * 256, 2))
    found = subject(model, np.random.default_rng(0).random((2, 3, 16, 16), np.float32), np.array([0, 1]), folder)
    return dataclasses.replace(found, files=own) if own else found


def photograph(path: Path, height: int = 40, width: int = 60) -> Path:
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([rows * 4 % 256, columns * 4 % 256, (rows * columns) % 256], 2)
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def test_a_step_is_the_gradient_of_the_mean_square_inside_the_border_over_its_mean_size(tmp_path: Path) -> None:
    found = looked_at(tmp_path)
    layers = found.layers(torch.zeros(1, 3, 16, 16))
    trunk = Trunk(found, [named_layer("relu", layers), named_layer("conv", layers)])
    x = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(1)) * 0.5 + 0.25
    how = Dream((), (), 1, 1.4, 1, 1.5, 0, 0)
    moved, loss = ascend(trunk, x, (2.0, 0.5), how, torch.Generator())
    x.requires_grad_()
    made = found.run.model.conv(x)
    expected = sum(weight * (part[:, :, 2:-2, 2:-2] ** 2).sum() / (4 * 20 * 24)
                   for weight, part in ((2.0, torch.relu(made)), (0.5, made)))
    gradient, = torch.autograd.grad(expected, x)
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    assert torch.allclose(moved, x + gradient / gradient.abs().mean() * 1.5 / 255, atol=1e-6)


def test_without_a_step_of_any_length_the_picture_comes_back_with_all_its_detail(tmp_path: Path) -> None:
    file = photograph(tmp_path / "photo.png")
    DeepDream(layer=("relu",), step=1e-6, size=60, steps=2).inspect(looked_at(tmp_path, file))
    made, own = (np.asarray(Image.open(path)).astype(int) for path in (tmp_path / "photo-dream.png", file))
    assert made.shape == own.shape == (40, 60, 3)
    assert np.abs(made - own).max() <= 1


def test_the_loss_rises_and_the_sizes_are_those_of_the_octaves(tmp_path: Path) -> None:
    file = photograph(tmp_path / "photo.png")
    values = DeepDream(layer=("relu",), size=60, steps=5).inspect(looked_at(tmp_path, file)).values
    losses = values["pictures"][0]["losses"]
    assert len(losses) == 15 and all(losses[place + 4] > losses[place] for place in (0, 5, 10))
    how = Dream((), (), 3, 1.4, 1, 1.0, 0, 0)
    assert sizes_of(torch.zeros(1, 3, 280, 392), how) == [(143, 200), (200, 280), (280, 392)]


def test_one_that_was_stopped_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    own = [photograph(tmp_path / "a.png"), photograph(tmp_path / "b.png", 30, 30)]
    method = DeepDream(size=40, steps=3, octaves=2, layer=("relu", "conv"), weight=(1.0, 0.1))
    whole = method.inspect(looked_at(tmp_path / "whole", *own)).values
    with stopped_after(10):  # in the second octave of the second picture
        method.inspect(looked_at(tmp_path / "stopped", *own))
    with counted() as rest:
        assert method.inspect(looked_at(tmp_path / "stopped", *own)).values == whole
    assert sum(rest) == 12 - 10
    assert files(tmp_path / "stopped") == files(tmp_path / "whole")
    with counted() as anew:
        method.inspect(looked_at(tmp_path / "stopped", *own))
    assert sum(anew) == 12


def test_a_picture_keeps_its_proportions_and_stands_upright(tmp_path: Path) -> None:
    photograph(tmp_path / "lying.png", 40, 60)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    Image.open(tmp_path / "lying.png").save(tmp_path / "turned.jpg", exif=exif)
    assert read_picture(tmp_path / "lying.png", 90, 3).shape == (1, 3, 60, 90)
    assert read_picture(tmp_path / "turned.jpg", 90, 1).shape == (1, 1, 90, 60)


def test_mistakes_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ConfigError, match="it is not recognised as a picture"):
        DeepDream().inspect(looked_at(tmp_path, tmp_path / "text.png"))
    with pytest.raises(ConfigError, match="expected a picture; this is a folder"):
        DeepDream().inspect(looked_at(tmp_path, tmp_path))
    with pytest.raises(ConfigError, match="expected a number for each of the layers"):
        DeepDream(layer=("relu",), weight=(1.0, 2.0)).inspect(looked_at(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["text.png"]
