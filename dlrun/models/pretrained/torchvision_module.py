"""The networks of torchvision without their classifiers, as blocks in the order of a pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.data.formats.vision import torchvision
from dlrun.models.shapes import Shape

Blocks = Iterable[tuple[str, list[nn.Module]]]


def known() -> tuple[str, ...]:
    """The names of torchvision's classification networks; none where it is not installed."""
    try:
        torchvision()
    except ImportError:
        return ()
    from torchvision import models

    return tuple(models.list_models(module=models))


def published(name: str) -> Any:
    """The weights that torchvision chooses where several are published: their address, and what they expect."""
    torchvision()
    from torchvision import models

    return models.get_model_weights(name).DEFAULT


def features(name: str) -> tuple[nn.Module, nn.Module]:
    """A network with torchvision's initial weights, without its classifier; and the whole one, which shares them."""
    torchvision()
    from torchvision import models

    more: dict[str, Any] = {}
    if name in ("googlenet", "inception_v3"):
        more = {"init_weights": True, "aux_logits": False}
    if name.startswith("vit"):  # its places are those of the pictures that it was trained on
        more = {"image_size": published(name).transforms().crop_size[0]}
    whole: nn.Module = models.get_model(name, **more)
    family = next((blocks for start, blocks in _FAMILIES.items() if name.startswith(start)), None)
    if family is None:
        return _Tokens(whole), whole
    net = nn.Sequential()
    for block, modules in family(whole):
        net.add_module(block, nn.Sequential(*modules))
    return net, whole


def classifier(name: str, whole: Any) -> nn.Module:
    """What a whole network makes of its features: scores of its classes (rows, classes)."""
    last: nn.Module = next(getattr(whole, part) for part in ("heads", "classifier", "fc", "head")
                           if hasattr(whole, part))
    if name.startswith(("vit", "maxvit")):  # of the class token, or with its own pooling
        return last
    if name.startswith("squeezenet"):
        return nn.Sequential(last, nn.Flatten())
    pool: nn.Module = getattr(whole, "avgpool", nn.AdaptiveAvgPool2d(1))
    return nn.Sequential(pool, *([] if name.startswith("convnext") else [nn.Flatten()]), last)


def imagenet_classes() -> tuple[str, ...]:
    """The names of ImageNet's 1,000 classes, as torchvision has them."""
    return tuple(published("resnet18").meta["categories"])


class _Tokens(nn.Module):
    """A vision transformer up to its class token: (rows, values)."""

    def __init__(self, whole: Any):
        super().__init__()
        self.stem, self.blocks, self.norm = whole.conv_proj, whole.encoder.layers, whole.encoder.ln
        self.token, self.places = whole.class_token, whole.encoder.pos_embedding

    def forward(self, x: Tensor) -> Tensor:
        patches = self.stem(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(x), -1, -1), patches], 1) + self.places
        out: Tensor = self.norm(self.blocks(tokens))[:, 0]
        return out


def _each(features: Any) -> Blocks:
    """A first layer, the blocks, and a last layer."""
    stem, *blocks, head = features
    return [("stem", [stem]), *_numbered(blocks), ("head", [head])]


def _numbered(blocks: Iterable[Any]) -> Blocks:
    return [(f"block{number}", [block]) for number, block in enumerate(blocks, 1)]


def _pooled(features: Any) -> Iterator[tuple[str, list[nn.Module]]]:
    """A block ends with its pooling."""
    block: list[nn.Module] = []
    number = 1
    for module in features:
        block.append(module)
        if isinstance(module, nn.MaxPool2d):
            yield f"block{number}", block
            block, number = [], number + 1
    if block:
        yield f"block{number}", block


def _staged(features: Any) -> Blocks:
    """A first layer and a stage, then pairs of a layer that makes maps smaller and a stage."""
    stem, first, *rest = features
    return [("stem", [stem]), ("block1", [first]),
            *((f"block{number}", list(pair)) for number, pair in enumerate(zip(rest[::2], rest[1::2]), 2))]


def _densenet(whole: Any) -> Blocks:
    parts = dict(whole.features.named_children())
    last = max(int(name.removeprefix("denseblock")) for name in parts if name.startswith("denseblock"))
    blocks = [(f"block{number}", [parts[f"denseblock{number}"], parts.get(f"transition{number}", nn.Identity())])
              for number in range(1, last + 1)]
    return [("stem", [parts["conv0"], parts["norm0"], parts["relu0"], parts["pool0"]]), *blocks,
            ("head", [parts["norm5"], nn.ReLU()])]


def _by_name(whole: Any) -> Blocks:
    """Its parts in the order of their definition, which is that of a pass; what is pooled or classified is no map."""
    left = ("AuxLogits", "aux1", "aux2", "avgpool", "dropout", "fc")
    return [(name, [part]) for name, part in whole.named_children() if name not in left and part is not None]


def _layers(whole: Any, stem: tuple[str, ...], blocks: Iterable[Any], head: tuple[str, ...] = ()) -> Blocks:
    first, last = ([getattr(whole, part) for part in parts] for parts in (stem, head))
    return [("stem", first), *_numbered(blocks), *([("head", last)] if last else [])]


def _resnet(whole: Any) -> Blocks:
    return _layers(whole, ("conv1", "bn1", "relu", "maxpool"), [whole.layer1, whole.layer2, whole.layer3, whole.layer4])


def _mnasnet(whole: Any) -> Blocks:
    layers = list(whole.layers)
    return [("stem", layers[:8]), *_numbered(layers[8:-3]), ("head", layers[-3:])]


_FAMILIES: dict[str, Any] = {  # by the start of the name; of a vision transformer there is one pass alone
    **dict.fromkeys(("alexnet", "vgg", "squeezenet"), lambda whole: _pooled(whole.features)),
    **dict.fromkeys(("mobilenet", "efficientnet"), lambda whole: _each(whole.features)),
    **dict.fromkeys(("resnet", "resnext", "wide_resnet"), _resnet),
    **dict.fromkeys(("googlenet", "inception"), _by_name),
    "convnext": lambda whole: _staged(whole.features),
    "swin": lambda whole: [*_staged(whole.features), ("head", [whole.norm, whole.permute])],
    "densenet": _densenet,
    "regnet": lambda whole: _layers(whole, ("stem",), whole.trunk_output),
    "shufflenet": lambda whole: _layers(whole, ("conv1", "maxpool"), [whole.stage2, whole.stage3, whole.stage4],
                                        ("conv5",)),
    "mnasnet": _mnasnet,
    "maxvit": lambda whole: _layers(whole, ("stem",), whole.blocks),
}


@cache
def on_meta(name: str) -> nn.Module:
    """The network without memory for its weights."""
    return _without_memory(name)[0].eval()


def _without_memory(name: str) -> tuple[nn.Module, nn.Module]:
    with torch.device("cpu" if name.startswith("regnet") else "meta"):  # it computes its widths by tensors
        net, whole = features(name)
    return net.to("meta"), whole.to("meta")


@cache
def own_names(name: str) -> dict[str, str]:
    """The names of weights here by those that torchvision publishes them under."""
    net, whole = _without_memory(name)
    ours = {id(value): own for own, value in net.state_dict(keep_vars=True).items()}
    return {theirs: ours[id(value)] for theirs, value in whole.state_dict(keep_vars=True).items() if id(value) in ours}


@cache
def output(name: str, side: int) -> Shape:
    """The shape of the features of pictures of this side; ValueError for one that the network does not take."""
    try:
        with torch.no_grad():
            found = on_meta(name)(torch.empty(1, 3, side, side, device="meta"))
    except (RuntimeError, AssertionError, ValueError) as error:
        own = published(name).transforms().crop_size[0]
        reason = str(error).strip().splitlines()[0][:100]
        raise ValueError(f"{name} does not take pictures of {side} x {side} ({reason}); it was trained on {own} x {own}"
                         ) from None
    return tuple(found.shape[1:])
