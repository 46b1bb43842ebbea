"""Each module against PyTorch's own or a formula written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.data.augmentations.augment import Augment
from dlrun.models.build import build
from dlrun.models.layer import Layer
from dlrun.models.layers.batch_norm import BatchNorm
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.conv1d import Conv1d
from dlrun.models.layers.global_pool import GlobalPool
from dlrun.models.layers.pool import Pool
from dlrun.models.layers.separable_conv import SeparableConv
from dlrun.models.layers.transposed_conv import TransposedConv
from dlrun.models.parse import parse
from dlrun.models.shapes import transposed
from dlrun.models.step_rng import StepRng


def one(layer: Layer | dict | str, shape: tuple[int, ...]) -> nn.Module:
    layers = [layer] if isinstance(layer, Layer) else parse([layer])
    return build(layers, shape, seed=0, rng=StepRng(0, "cpu"))[0]


def tensorflow_pads(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """The rule in TensorFlow's documentation of SAME: by the remainder of the size."""
    total = max(kernel - (size % stride or stride), 0)
    return total // 2, total - total // 2


CASES = [(7, 3, 1), (7, 3, 2), (8, 3, 2), (8, 4, 3), (9, 2, 2), (6, 5, 3), (5, 2, 1), (4, 1, 2)]


@pytest.mark.parametrize(("size", "kernel", "stride"), CASES)
def test_same_padding_is_tensorflows(size: int, kernel: int, stride: int) -> None:
    x = torch.randn(2, 3, size, size + 1)
    module = one(Conv(4, (kernel,), (stride,), "same"), x.shape[1:])
    padded = F.pad(x, (*tensorflow_pads(size + 1, kernel, stride), *tensorflow_pads(size, kernel, stride)))
    torch.testing.assert_close(module(x), F.conv2d(padded, module.weight, module.bias, stride))


@pytest.mark.parametrize(("size", "kernel", "stride"), CASES)
@pytest.mark.parametrize("take", ["max", "average"])
def test_padded_pooling_takes_each_window_within_the_image(size: int, kernel: int, stride: int, take: str) -> None:
    x = torch.randn(2, 3, size)
    y = one(Pool((kernel,), (stride,), "same", take), (3, size))(x)
    before, _ = tensorflow_pads(size, kernel, stride)
    for place in range(y.shape[2]):
        start = place * stride - before
        window = x[:, :, max(start, 0):start + kernel]
        torch.testing.assert_close(y[:, :, place], window.amax(2) if take == "max" else window.mean(2))


@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 5)])
def test_a_global_pooling_takes_one_number_of_each_channel(shape: tuple[int, ...]) -> None:
    x = torch.randn(2, *shape)
    for take, by_numpy in (("max", np.max), ("average", np.mean), ("sum", np.sum)):
        y = one(GlobalPool(take), shape)(x)
        np.testing.assert_allclose(y, by_numpy(x.numpy().reshape(2, 3, -1), axis=2), rtol=1e-5, atol=1e-6)


def test_a_crop_is_the_middle_and_behind_a_shift_a_crop_from_anywhere() -> None:
    x = torch.arange(2 * 3 * 32 * 33.0).view(2, 3, 32, 33)
    crop = one({"crop": 24}, (3, 32, 33))
    assert torch.equal(crop(x), x[:, :, 4:28, 4:28])
    augment = Augment(crop=4).build()
    assert augment is not None
    images, places = x[:1, :, :, :32], set()
    for image in augment(images.expand(300, 3, 32, 32), torch.Generator().manual_seed(0)):
        top, left = divmod(int(crop(image[None])[0, 0, 0, 0]), 33)
        assert torch.equal(crop(image[None]), images[:, :, top:top + 24, left:left + 24])
        places.add((top, left))
    assert {top for top, _ in places} == {left for _, left in places} == set(range(9))
    assert torch.equal(one({"crop": 3}, (2, 6))(x[:, :2, 0, :6]), x[:, :2, 0, 1:4])


@pytest.mark.parametrize(("size", "kernel", "stride"), CASES)
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_transposed_convolution_is_the_gradient_of_the_convolution(
    size: int, kernel: int, stride: int, padding: str
) -> None:
    y = torch.randn(2, 3, size, size)
    module = one(TransposedConv(4, (kernel,), (stride,), padding, bias=False), y.shape[1:])
    big = size * stride + (max(kernel - stride, 0) if padding == "valid" else 0)
    x = torch.randn(2, 4, big, big, requires_grad=True)
    sides = tensorflow_pads(big, kernel, stride) if padding == "same" else (0, 0)
    forward = F.conv2d(F.pad(x, (*sides, *sides)), module.weight, None, stride)
    gradient, = torch.autograd.grad(forward, x, y)
    torch.testing.assert_close(module(y), gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kernel", [(3, 2), (2, 3), (5, 3), (1, 3)])
@pytest.mark.parametrize("stride", [(2, 1), (1, 2), (2, 3)])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_transposed_convolution_is_a_part_of_its_full_output(
    kernel: tuple[int, int], stride: tuple[int, int], padding: str
) -> None:
    x = torch.randn(2, 3, 5, 6)
    module = one(TransposedConv(4, kernel, stride, padding), x.shape[1:])
    (height, top), (width, left) = (transposed(*axis, padding) for axis in zip((5, 6), kernel, stride))
    full = F.pad(F.conv_transpose2d(x, module.weight, None, stride), (0, 9, 0, 9))  # behind it are zeros
    torch.testing.assert_close(module(x), full[:, :, top:top + height, left:left + width], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 2), (1, 2)])
def test_a_transposed_convolutions_bias_is_added_to_every_place(kernel: int, stride: int) -> None:
    y = torch.randn(2, 3, 6, 6)
    module = one(TransposedConv(4, (kernel,), (stride,)), y.shape[1:])
    plain = module(y)
    with torch.no_grad():
        module.bias.copy_(torch.arange(4.0))
    torch.testing.assert_close(module(y), plain + torch.arange(4.0).view(-1, 1, 1))
    weights = torch.randn_like(plain)
    (module(y) * weights).sum().backward()
    torch.testing.assert_close(module.bias.grad, weights.sum((0, 2, 3)))
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(module(y).float(), module(y.bfloat16()).float())
        assert module(y).dtype == torch.bfloat16


def test_a_separable_convolution_is_each_channel_by_itself_and_then_their_mixture() -> None:
    x = torch.randn(2, 3, 6, 6)
    module = one(SeparableConv(5, activation="relu"), (3, 6, 6))
    channels = [F.conv2d(x[:, [c]], module.depthwise[[c]]) for c in range(3)]
    mixed = torch.einsum("fc,ncyx->nfyx", module.pointwise[:, :, 0, 0], torch.cat(channels, 1))
    torch.testing.assert_close(module(x), F.relu(mixed + module.bias[:, None, None]))


def test_a_causal_convolution_sees_no_later_input() -> None:
    module = one(Conv1d(2, (3,), padding="causal", dilation=(2,)), (1, 12))
    x = torch.randn(1, 1, 12)
    later = x.clone()
    later[..., 7:] += 1
    torch.testing.assert_close(module(x)[..., :7], module(later)[..., :7])
    assert not torch.allclose(module(x)[..., 7], module(later)[..., 7])


def test_batch_norm_is_pytorchs_with_keras_defaults() -> None:
    module, theirs = one(BatchNorm(), (3, 4, 4)), nn.BatchNorm2d(3, eps=1e-3, momentum=0.01)
    for _ in range(3):
        x = torch.randn(5, 3, 4, 4) * 3 + 2
        torch.testing.assert_close(module(x), theirs(x))
    torch.testing.assert_close(module.running_var, theirs.running_var)
    torch.testing.assert_close(module.eval()(x), theirs.eval()(x))


def test_a_last_batch_of_one_row_passes_batch_norm_and_leaves_its_averages() -> None:
    module = one(BatchNorm(), (3,))
    module(torch.randn(8, 3))
    before = module.running_var.clone()
    torch.testing.assert_close(module(torch.randn(1, 3)), torch.zeros(1, 3))
    assert torch.equal(module.running_var, before) and before.isfinite().all()


def normalised(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    return (x - x.mean(axes, keepdim=True)) / (x.var(axes, unbiased=False, keepdim=True) + 1e-3).sqrt()


def test_layer_norm_is_over_channels_and_instance_norm_over_positions() -> None:
    x = torch.randn(2, 3, 5, 4)
    torch.testing.assert_close(one("layer_norm", (3, 5, 4))(x), normalised(x, (1,)))
    torch.testing.assert_close(one("instance_norm", (3, 5, 4))(x), normalised(x, (2, 3)))
    torch.testing.assert_close(one("layer_norm", (7,))(x.new_ones(2, 7).cumsum(1)),
                               normalised(x.new_ones(2, 7).cumsum(1), (1,)))


@pytest.mark.parametrize(("item", "expected"), [
    ("leaky_relu", lambda x: torch.where(x > 0, x, 0.3 * x)),
    ({"leaky_relu": 0.2}, lambda x: torch.where(x > 0, x, 0.2 * x)),
    ({"elu": 0.5}, lambda x: torch.where(x > 0, x, 0.5 * (x.exp() - 1))),
    ("hard_sigmoid", lambda x: (0.2 * x + 0.5).clamp(0, 1)),
    ("swish", lambda x: x / (1 + (-x).exp())),
    ("softsign", lambda x: x / (1 + x.abs())),
    ("softplus", lambda x: (1 + x.exp()).log()),
    ("softmax", lambda x: x.exp() / x.exp().sum(1, keepdim=True)),
    ({"prelu": {"slope": 0.1}}, lambda x: torch.where(x > 0, x, 0.1 * x)),
])
def test_activations_are_keras(item: object, expected: object) -> None:
    x = torch.linspace(-4, 4, 24).view(2, 3, 4)
    torch.testing.assert_close(one(item, (3, 4))(x), expected(x))


def test_a_residual_adds_its_input_and_branches_join_channels() -> None:
    x = torch.randn(2, 3)
    residual = one({"residual": {"layers": [{"dense": 3}], "activation": "relu"}}, (3,))
    torch.testing.assert_close(residual(x), F.relu(residual.layers.dense_1(x) + x))
    projected = one({"residual": [{"dense": 4}]}, (3,))
    torch.testing.assert_close(projected(x), projected.layers.dense_1(x) + projected.shortcut.dense_1(x))
    branches = one({"parallel": [[{"dense": 2}], []]}, (3,))
    torch.testing.assert_close(branches(x), torch.cat([branches.branch_1.dense_1(x), x], 1))


def test_an_embedding_gives_channels_first_vectors() -> None:
    module = one({"embedding": {"vocabulary": 9, "dim": 4}}, (5,))
    rows = torch.randint(0, 9, (2, 5))
    assert torch.equal(module(rows)[1, :, 3], module.weight[rows[1, 3]])
