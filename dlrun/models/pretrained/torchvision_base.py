"""Every classification network of torchvision as a base, with its published weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dlrun.models.bases._base import Base, Module, Pictures, Rng
from dlrun.models.shapes import Shape

FAMILIES = ("alexnet", "convnext", "densenet", "efficientnet", "googlenet", "inception", "maxvit", "mnasnet",
            "mobilenet", "regnet", "resnet", "resnext", "shufflenet", "squeezenet", "swin", "vgg", "vit", "wide_resnet")
HALF = ("googlenet", "inception_v3")  # ported from TensorFlow: they were trained on pixels in [-1, 1]


@cache
def names() -> tuple[str, ...]:
    """The networks, by torchvision's names; none where it is not installed."""
    from dlrun.models.pretrained.torchvision_module import known

    return known()


@dataclass(frozen=True)
class TorchvisionBase(Base):
    """A network of torchvision up to its last maps; of a vision transformer the class token."""

    word: str

    @property
    def name(self) -> str:
        return self.word

    def pictures(self) -> Pictures:
        from dlrun.models.pretrained.torchvision_module import published

        seen = published(self.word).transforms()
        if self.word in HALF:
            return Pictures(seen.crop_size[0], (0.5,) * 3, (0.5,) * 3)
        return Pictures(seen.crop_size[0], tuple(seen.mean), tuple(seen.std))

    def blocks(self) -> tuple[str, ...]:
        return _facts(self.word)[0]

    def output(self, side: int) -> Shape:
        from dlrun.models.pretrained.torchvision_module import output

        return output(self.word, side)

    def count(self) -> tuple[int, int]:
        return _facts(self.word)[1]

    def build(self, side: int, rng: Rng) -> Module:
        from dlrun.models.pretrained.torchvision_module import features

        return features(self.word)[0]

    def weights(self) -> Mapping[str, Any]:
        """Raises ConfigError where they are not here and cannot be downloaded."""
        from dlrun.models.pretrained.torchvision_module import published
        from dlrun.models.pretrained.torchvision_weights import read

        return self.renamed(read(self.word, published(self.word).url))

    def classes(self) -> tuple[str, ...]:
        from dlrun.models.pretrained.torchvision_module import published

        return tuple(published(self.word).meta["categories"])

    def classifier(self) -> Module:
        """Raises ConfigError as `weights` does."""
        from dlrun.models.pretrained.torchvision_module import classifier, features, published
        from dlrun.models.pretrained.torchvision_weights import read

        _, whole = features(self.word)
        weights = _by_present_names(read(self.word, published(self.word).url))
        whole.load_state_dict({name: weights[name] for name in whole.state_dict()})
        return classifier(self.word, whole)

    def renamed(self, weights: Mapping[str, Any]) -> Mapping[str, Any]:
        from dlrun.models.pretrained.torchvision_module import own_names

        own, weights = own_names(self.word), _by_present_names(weights)
        if not any(name in own for name in weights):
            return weights
        return {own[name]: value for name, value in weights.items() if name in own}


def _by_present_names(weights: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of a published file by the names that its network has today: DenseNet's files have older ones."""
    return {_OLD.sub(r"\1\2", name): value for name, value in weights.items()}


_OLD = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(\d\.)")


@cache
def _facts(word: str) -> tuple[tuple[str, ...], tuple[int, int]]:
    """The blocks of a network, and its parameters and other values."""
    from dlrun.models.pretrained.torchvision_module import on_meta

    net = on_meta(word)
    parameters = sum(weight.numel() for weight in net.parameters())
    values = sum(value.numel() for value in net.state_dict().values())
    return tuple(name for name, _ in net.named_children()), (parameters, values - parameters)
