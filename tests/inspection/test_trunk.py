"""A pretrained base is looked into at any size of pictures, in its own scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.inspection.layers import named_layer
from dlrun.inspection.subject import Subject
from dlrun.inspection.trunk import Trunk
from dlrun.models.step_rng import StepRng
from dlrun.preflight.preflight import preflight
from tests.inspection.subjects import subject


@pytest.fixture
def based(tmp_path: Path) -> Subject:
    """A head on EfficientNet-Lite0 for digits, as its run has it; its pictures are values from 0 to 1."""
    checked = preflight(["dataset=digits", "model=pretrained", "model.size=32", "device=cpu"])
    spec = checked.dataset_info.data_spec
    model = checked.config.model.build(checked.network, spec, 10, 0, StepRng(0, torch.device("cpu")))
    return subject(model, np.zeros((2, 1, 8, 8), np.float32), np.array([0, 9]), tmp_path)


def test_pictures_of_another_size_are_not_resized_and_come_in_the_scale_of_the_base(based: Subject) -> None:
    layers = based.layers(torch.zeros(1, 1, 8, 8))
    block = named_layer("block2", layers)
    assert block.shape == (24, 8, 8), "of 32 x 32, which the run's pictures become"
    trunk = Trunk(based, [block, named_layer("stem", layers)])
    assert (trunk.size, trunk.channels) == ((32, 32), 3)
    x = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    made, stem = trunk(x)
    net = based.run.model.base_1.net
    with torch.no_grad():
        by_hand = net.stem((x * 255 - 127) / 128)  # as the base was trained
        assert torch.allclose(stem, by_hand, atol=1e-4)
        assert torch.allclose(made, net.block2(net.block1(by_hand)), atol=1e-3)
    assert made.shape == (1, 24, 12, 16)


def test_blocks_and_what_is_inside_are_called_as_unfreeze_calls_them(based: Subject) -> None:
    layers = based.layers(torch.zeros(1, 1, 8, 8))
    assert named_layer("block5.0.expand", layers).module == "base_1.net.block5.0.expand"
    assert named_layer("base_1.net.block5", layers) == named_layer("block5", layers)
    with pytest.raises(ConfigError, match=r"no such layer; did you mean  block7; there are stem, block1, .*, head"):
        named_layer("block77", layers)
