"""The network of ``efficientnet_lite0``, and the names that its published weights have here."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

# of each block: how often, kernel, stride, expansion, output channels (Tan and Le, table 1)
BLOCKS = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
          (1, 3, 1, 6, 320))


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's padding: where it is uneven, the larger part is at the right and the bottom."""

    def forward(self, x: Tensor) -> Tensor:
        """The convolution with its own weight."""
        return self.convolved(x, self.weight, None)

    def convolved(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The same with this weight and bias."""
        pads = []
        for side, kernel, stride in zip(x.shape[:-3:-1], self.kernel_size[::-1], self.stride[::-1]):
            missing = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            pads += [missing // 2, missing - missing // 2]
        if pads[0] == pads[1] and pads[2] == pads[3]:
            return nn.functional.conv2d(x, weight, bias, self.stride, (pads[2], pads[0]), 1, self.groups)
        return nn.functional.conv2d(nn.functional.pad(x, pads), weight, bias, self.stride, 0, 1, self.groups)


class ConvNorm(nn.Module):
    """A convolution with batch norm and, where it is `active`, ReLU6.

    In evaluation the norm is folded into the kernel: one pass over the values in place of three, which takes 0.021 s
    of a processor a picture in place of 0.048; folding again in each call costs a hundredth of that.
    """

    def __init__(self, given: int, made: int, kernel: int, stride: int = 1, groups: int = 1, active: bool = True):
        super().__init__()
        self.conv = SameConv(given, made, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(made, eps=1e-3, momentum=0.01)
        self.act = nn.ReLU6(inplace=True) if active else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        conv, norm = self.conv, self.norm
        watched = conv._forward_hooks or norm._forward_hooks  # who looks at what is between them gets it
        if norm.training or watched:
            made: Tensor = self.act(norm(conv(x)))
            return made
        assert norm.running_mean is not None and norm.running_var is not None
        factor = norm.weight * (norm.running_var + norm.eps).rsqrt()
        made = self.act(conv.convolved(x, conv.weight * factor.view(-1, 1, 1, 1),
                                       norm.bias - norm.running_mean * factor))
        return made


class Bottleneck(nn.Module):
    """Channels are expanded, filtered one by one, and projected; the input is added where it has the output's shape."""

    def __init__(self, given: int, kernel: int, stride: int, expansion: int, made: int):
        super().__init__()
        wide = given * expansion
        self.expand = ConvNorm(given, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(wide, wide, kernel, stride, groups=wide)
        self.project = ConvNorm(wide, made, 1, active=False)
        self.added = stride == 1 and given == made

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.project(self.depthwise(self.expand(x)))
        return made + x if self.added else made


class EfficientNetLite0(nn.Sequential):
    """From pictures (rows, 3, height, width) to features (rows, 1280, height / 32, width / 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.add_module("stem", ConvNorm(3, 32, 3, 2))
        channels = 32
        for number, (times, kernel, stride, expansion, made) in enumerate(BLOCKS, 1):
            block = nn.Sequential()
            for place in range(times):
                block.append(Bottleneck(channels, kernel, 1 if place else stride, expansion, made))
                channels = made
            self.add_module(f"block{number}", block)
        self.add_module("head", ConvNorm(channels, 1280, 1))


def classifier(published: Mapping[str, Tensor]) -> nn.Module:
    """From the features to scores of ImageNet's 1,000 classes: the mean over the picture, and the published layer."""
    scores = nn.Linear(1280, 1000)
    scores.load_state_dict({part: published[f"_fc.{part}"] for part in ("weight", "bias")})
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), scores)


_PARTS = {"_expand_conv": "expand.conv", "_bn0": "expand.norm", "_depthwise_conv": "depthwise.conv",
          "_bn1": "depthwise.norm", "_project_conv": "project.conv", "_bn2": "project.norm"}
_ENDS = {"_conv_stem": "stem.conv", "_bn0": "stem.norm", "_conv_head": "head.conv", "_bn1": "head.norm"}


def own_name(published: str) -> str:
    """The name here of a weight of the package's file; empty for those of its 1,000 classes."""
    inside = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", published)
    if not inside:
        part, _, value = published.partition(".")
        return f"{_ENDS[part]}.{value}" if part in _ENDS else ""
    place = int(inside[1])
    for number, (times, *_) in enumerate(BLOCKS, 1):
        if place < times:
            return f"block{number}.{place}.{_PARTS[inside[2]]}.{inside[3]}"
        place -= times
    return ""
