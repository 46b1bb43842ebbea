"""``filters``: kernels as they are, and pictures by the recipe of the book; a stopped one goes on to the same bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.config.seeds import derive_seed
from dlrun.inspection.layers import named_layer
from dlrun.inspection.methods import filters_module
from dlrun.inspection.methods.filters import Filters
from dlrun.inspection.progress import Progress
from dlrun.inspection.subject import Subject
from dlrun.inspection.trunk import Trunk
from tests.helpers.runs import files
from tests.inspection.stops import counted, stopped_after
from tests.inspection.subjects import subject


class Colours(nn.Sequential):
    """Filter 0 answers to red that is not green, filter 1 to nothing, the others to edges; then a dense layer."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.add_module("conv", nn.Conv2d(3, 4, 3, padding=1, bias=False))
        self.add_module("relu", nn.ReLU(inplace=True))
        self.add_module("flat", nn.Flatten())
        self.add_module("out", nn.Linear(4 * 144, 2))
        with torch.no_grad():
            self.conv.weight[:2] = 0
            self.conv.weight[0, :, 1, 1] = torch.tensor([1.0, -1.0, 0.0])


def looked_at(folder: Path, seed: int = 0) -> Subject:
    return subject(Colours(seed), np.zeros((2, 3, 12, 12), np.float32), np.array([0, 1]), folder)


def tiles(file: Path, count: int, side: int) -> np.ndarray:
    """(tiles, height, width, 3) of the first line of a sheet whose pictures are `side` wide there."""
    sheet = np.asarray(Image.open(file)).astype(int)
    step = side + 6
    return np.stack([sheet[6:6 + side, 6 + step * place:6 + step * place + side] for place in range(count)])


def test_a_picture_has_the_colours_that_its_filter_answers_to_and_a_silent_one_stays_noise(tmp_path: Path) -> None:
    found = Filters(layer=("relu",), steps=10, step=8).inspect(looked_at(tmp_path)).values["layers"]["relu"]
    red, green, blue = tiles(tmp_path / "relu-ascent.png", 4, 96)[0].mean((0, 1))
    assert red > blue + 20 > green + 40
    assert found["answer"][0] > 0.2 and found["answer"][1] == 0 == found["answer"].index(0) - 1
    assert found["silent"] == 1


def test_ascent_is_the_loop_of_the_book(tmp_path: Path) -> None:
    found = looked_at(tmp_path)
    layer = named_layer("relu", found.layers(torch.zeros(1, 3, 12, 12)))
    method = filters_module.Ascent(4, 3, 1.0, 20, 0)  # larger than what the dense layer takes
    made, answer = filters_module._ascend(method, Trunk(found, [layer]), [0, 3], "relu", Progress("", 1))
    model = found.run.model
    for place, one in enumerate([0, 3]):
        draw = torch.Generator().manual_seed(derive_seed(0, "relu", one) % (1 << 63))
        x = torch.rand(3, 20, 20, generator=draw)[None] * 20 / 255 + 128 / 255
        for _ in range(3):
            x.requires_grad_()
            loss = torch.relu(model.conv(x))[0, one].mean()
            grads, = torch.autograd.grad(loss, x)
            x = (x + grads / grads.square().mean().sqrt() / 255).detach()
        assert torch.allclose(made[place], x[0], atol=1e-5)
        assert torch.allclose(answer[place], torch.relu(model.conv(x))[0, one].mean(), atol=1e-5)


def test_kernels_of_colour_pictures_are_shown_in_their_colours(tmp_path: Path) -> None:
    Filters(layer=("conv",), show="kernels").inspect(looked_at(tmp_path))
    first = tiles(tmp_path / "conv-kernels.png", 1, 96)[0]
    assert first[48, 48].tolist() == [255, 0, 128] and first[5, 5].tolist() == [128, 128, 128]
    assert not (tmp_path / "conv-ascent.png").exists()


def test_one_that_was_stopped_goes_on_to_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters_module, "ROWS", 1)
    method = Filters(layer=("conv", "relu"), steps=4, show="ascent")
    with counted() as whole:
        method.inspect(looked_at(tmp_path / "whole"))
    with stopped_after(14):
        method.inspect(looked_at(tmp_path / "stopped"))
    assert list(files(tmp_path / "stopped")) == ["unfinished.pt"]
    with counted() as rest:
        method.inspect(looked_at(tmp_path / "stopped"))
    assert (sum(whole), sum(rest)) == (32, 32 - 12)
    assert files(tmp_path / "stopped") == files(tmp_path / "whole"), "and nothing is left of what was kept"


def test_what_another_network_or_a_damaged_file_left_is_not_gone_on_from(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(filters_module, "ROWS", 1)
    method = Filters(layer=("conv",), steps=2, show="ascent")
    with stopped_after(5):
        method.inspect(looked_at(tmp_path, seed=1))
    with counted() as steps:
        method.inspect(looked_at(tmp_path))
    assert sum(steps) == 8 and "goes on" not in capsys.readouterr().out
    with stopped_after(5):
        method.inspect(looked_at(tmp_path))
    kept = (tmp_path / "unfinished.pt").read_bytes()
    (tmp_path / "unfinished.pt").write_bytes(kept[:300] + b"?" + kept[301:])
    with counted() as steps:
        method.inspect(looked_at(tmp_path))
    assert sum(steps) == 8 and "it begins anew" in capsys.readouterr().out


def test_a_size_that_the_network_does_not_take_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="this network takes 12 x 12 alone up to out") as wrong:
        found = looked_at(tmp_path)
        Trunk(found, [named_layer("out", found.layers(torch.zeros(1, 3, 12, 12)))])(torch.zeros(1, 3, 20, 20))
    assert wrong.value.line.startswith("pictures of 20 x 20")
    with pytest.raises(ConfigError, match="it gives 2 values and no maps"):
        Filters(layer=("out",)).inspect(looked_at(tmp_path))
