"""Residual networks: ``resnet`` against published counts, ``tcn`` against what its outputs see."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.families.resnet import Resnet
from dlrun.models.families.tcn import Tcn
from dlrun.models.plan import plan, totals
from dlrun.models.step_rng import StepRng

CLASSES = tuple(map(str, range(10)))


def images(side: int, classes: int = 10) -> DatasetSpec:
    return DatasetSpec((3, side, side), "image", "classes", tuple(map(str, range(classes))))


def built(model, spec: DatasetSpec, outputs: int) -> nn.Module:
    return model.build(model.network(spec, outputs), spec, outputs, 0, StepRng(0, torch.device("cpu")))


def count(model, spec: DatasetSpec, outputs: int) -> int:
    return totals(plan(model.network(spec, outputs), spec.input_shape))[0]


@pytest.mark.parametrize("depth, published", [(18, 11_689_512), (34, 21_797_672)])
def test_18_and_34_layers_have_as_many_weights_as_torchvision_publishes(depth, published):
    assert count(Resnet(depth=depth), images(224, 1000), 1000) == published


def test_the_small_one_has_the_papers_size_and_learns_shapes_of_32_pixels():
    model, spec = Resnet(), images(32)
    conv = 3 * 16 * 9 + 6 * 16 * 16 * 9 + 16 * 32 * 9 + 5 * 32 * 32 * 9 + 32 * 64 * 9 + 5 * 64 * 64 * 9
    norm = 2 * (7 * 16 + 6 * 32 + 6 * 64)
    shortcuts = 16 * 32 + 32 * 64 + 2 * (32 + 64)
    assert count(model, spec, 10) == conv + norm + shortcuts + 650
    net = built(model, spec, 10).eval()
    assert net(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    blocks = [module for module in net.modules() if type(module).__name__ == "Residual"]
    assert len(blocks) == 9
    assert [len(list(block.shortcut.parameters())) for block in blocks] == [0, 0, 0, 3, 0, 0, 3, 0, 0]


def test_a_photograph_is_halved_twice_before_the_first_block():
    names = [layer.kind for layer in Resnet(depth=18).layers_for(images(224), 10)[:5]]
    assert names == ["conv", "batch_norm", "activation", "pool", "residual"]
    assert "pool" not in [layer.kind for layer in Resnet(depth=18).layers_for(images(32), 10)]
    with pytest.raises(ConfigError, match="resnet expects images"):
        Resnet().layers_for(DatasetSpec((4,), "table", "classes", CLASSES), 10)


@pytest.mark.parametrize("causal, earliest, latest", [(True, 20 - 12, 20), (False, 20 - 6, 20 + 6)])
def test_an_output_sees_as_many_steps_back_as_the_docstring_says(causal, earliest, latest):
    spec = DatasetSpec((2, 30), "series", "tokens", target_length=30, target_vocabulary=5)
    model = Tcn(filters=(4, 4), causal=causal)  # 1 + 2 * 2 * 3 = 13 steps
    net = built(model, spec, 5)
    with torch.no_grad():
        for weight in net.parameters():  # so that no relu and no cancelling hides a path
            weight.abs_().add_(0.01)
    x = torch.ones(1, 2, 30, requires_grad=True)
    net(x)[0, :, 20].sum().backward()
    seen = x.grad[0].abs().sum(0).nonzero().flatten()
    assert (int(seen.min()), int(seen.max())) == (earliest, latest)


def test_one_target_a_row_is_read_at_the_last_position():
    spec = DatasetSpec((1, 12), "series", "classes", CLASSES)
    net = built(Tcn(filters=(3,)), spec, 10)
    x = torch.randn(2, 1, 12)
    *body, _, last = net.children()
    torch.testing.assert_close(net(x), last(nn.Sequential(*body)(x)[:, :, -1]))
    expected = (3 * 3 + 3) + (3 * 3 * 3 + 3) + (3 + 3) + (3 * 10 + 10)
    assert count(Tcn(filters=(3,)), spec, 10) == expected
    with pytest.raises(ConfigError, match="another length"):
        Tcn().layers_for(DatasetSpec((1, 12), "series", "tokens", target_length=5, target_vocabulary=3), 3)
