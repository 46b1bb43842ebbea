"""``style_transfer``: the losses by hand, a style whose answer is known, the same bits after a stop."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.inspection.methods.style_transfer import StyleTransfer
from dlrun.inspection.methods.style_transfer_module import Losses, Transfer, gram, total_variation
from dlrun.inspection.subject import Subject
from tests.helpers.runs import files
from tests.inspection.stops import counted, stopped_after
from tests.inspection.subjects import subject

HOW = Transfer("colours", ("colours", "conv"), 2.0, 3.0, 0.5, "lbfgs", 2, 3)


def looked_at(folder: Path, *own: Path) -> Subject:
    """A network whose layer ``colours`` gives a picture as it is; then a convolution."""
    torch.manual_seed(0)
    model = nn.Sequential()
    model.add_module("colours", nn.Identity())
    model.add_module("conv", nn.Conv2d(3, 4, 3, padding=1))
    model.add_module("flat", nn.Flatten())
    model.add_module("out", nn.Linear(4 * 256, 2))
    found = subject(model, np.zeros((2, 3, 16, 16), np.float32), np.array([0, 1]), folder)
    return dataclasses.replace(found, files=own)


def picture(path: Path, seed: int, low: tuple[int, int, int], high: tuple[int, int, int]) -> Path:
    pixels = np.random.default_rng(seed).integers(low, high, (32, 32, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_gram_matrices_and_variation_are_sums_over_places() -> None:
    made = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    for one in range(3):
        for other in range(3):
            by_hand = sum(float(made[0, one, y, x] * made[0, other, y, x]) for y in range(4) for x in range(5)) / 20
            assert float(gram(made)[0, one, other]) == pytest.approx(by_hand, rel=1e-5)
    step = torch.zeros(1, 1, 3, 3)
    step[..., 1, 1] = 2.0  # of four corners one differs in both directions, one each in one, one in none
    assert float(total_variation(step)) == pytest.approx((8 ** 1.25 + 2 * 4 ** 1.25) / 4, rel=1e-5)


def test_a_picture_has_no_distance_to_itself_and_weights_multiply(tmp_path: Path) -> None:
    draw = torch.Generator().manual_seed(0)
    content, style = (torch.rand(1, 3, 20, 24, generator=draw) for _ in range(2))
    found = looked_at(tmp_path)
    made = Losses(found, HOW, content, style)

    def losses(x: torch.Tensor) -> dict[str, float]:
        return {part: loss.item() for part, loss in made(x).items()}

    assert losses(content)["content"] == 0 < losses(content)["style"]
    assert losses(style)["style"] == 0 < losses(style)["content"]
    conv = found.run.model.conv
    shares = [((gram(layer(content)) - gram(layer(style))) ** 2).sum() / (gram(layer(style)) ** 2).sum()
              for layer in (nn.Identity(), conv)]
    assert losses(content)["style"] == pytest.approx(3 * float(sum(shares).detach()) / 2, rel=1e-4)
    apart = ((style - content) ** 2).sum() / (content ** 2).sum()
    assert losses(style)["content"] == pytest.approx(2 * float(apart), rel=1e-5)
    assert losses(style)["variation"] == pytest.approx(0.5 * float(total_variation(style)))


@pytest.mark.parametrize("optimizer, rounds, steps", [("lbfgs", 3, 20), ("adam", 10, 20)])
def test_by_colours_alone_the_picture_gets_the_products_of_colours_of_the_style(
        tmp_path: Path, optimizer: str, rounds: int, steps: int) -> None:
    content = picture(tmp_path / "content.png", 0, (90, 90, 90), (160, 160, 160))
    style = picture(tmp_path / "style.png", 1, (120, 60, 20), (230, 120, 80))
    method = StyleTransfer(style=str(style), content_layer="colours", style_layers=("colours",), content_weight=0,
                           total_variation=0, optimizer=optimizer, rounds=rounds, steps=steps, size=32)
    values = method.inspect(looked_at(tmp_path, content)).values
    assert values["rounds"][-1]["style"] < 1e-4
    before, after, aim = (np.asarray(Image.open(tmp_path / f"{name}.png")).reshape(-1, 3) / 255 for name in
                          ("content", "content-style", "style"))
    products = [pixels.T @ pixels / len(pixels) for pixels in (before, after, aim)]
    assert np.abs(products[1] - products[2]).max() < 0.01 < np.abs(products[0] - products[2]).max()


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_one_that_was_stopped_goes_on_to_the_same_bits(tmp_path: Path, optimizer: str) -> None:
    content = picture(tmp_path / "content.png", 0, (0, 0, 0), (255, 255, 255))
    style = picture(tmp_path / "style.png", 1, (120, 60, 20), (230, 120, 80))
    method = StyleTransfer(style=str(style), optimizer=optimizer, rounds=5, steps=3, size=32,
                           style_layers=("colours", "conv"), content_layer="conv")
    whole = method.inspect(looked_at(tmp_path / "whole", content)).values
    with stopped_after(3):
        method.inspect(looked_at(tmp_path / "stopped", content))
    with counted() as rest:
        assert method.inspect(looked_at(tmp_path / "stopped", content)).values == whole
    assert sum(rest) == 2
    assert files(tmp_path / "stopped") == files(tmp_path / "whole")


def test_mistakes_are_sentences(tmp_path: Path) -> None:
    content = picture(tmp_path / "content.png", 0, (0, 0, 0), (255, 255, 255))
    (tmp_path / "text.png").write_text("no picture")
    for method, own, said in [
            (StyleTransfer(), (content,), "expected one picture behind it, and  style=FILE"),
            (StyleTransfer(style=str(content)), (), "expected one picture behind it"),
            (StyleTransfer(style="gone.png"), (content,), "style=gone.png  expected a picture; no such file"),
            (StyleTransfer(style=str(tmp_path / "text.png")), (content,), "it is not recognised as a picture"),
            (StyleTransfer(style=str(content), style_layers=("colour",)), (content,),
             "style_layers=colour  no such layer; did you mean  colours; there are colours, conv"),
            (StyleTransfer(style=str(content), style_layers=("flat",)), (content,),
             "style_layers=flat  it gives 1024 values and no maps")]:
        with pytest.raises(ConfigError, match=said):
            method.inspect(looked_at(tmp_path / "out", *own))
    assert not (tmp_path / "out").exists()
