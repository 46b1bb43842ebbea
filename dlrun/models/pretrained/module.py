"""The module of a base in a network: pictures become what it expects, and what is frozen stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.config.problem import problem
from dlrun.models.bases._base import Base
from dlrun.models.pretrained import stored
from dlrun.models.pretrained.freezing import Freezing
from dlrun.models.pretrained.frozen import frozen_modules
from dlrun.models.step_rng import StepRng

REVISION = 1  # counted up when it makes something else of the same picture with the same weights
FROZEN = "frozen"  # of a state dict: the digest that stands for all frozen weights


class PretrainedModule(nn.Module):
    """From pictures (rows, channels, height, width) to features (rows, values); features pass through as they are.

    Frozen modules are in evaluation whatever the network is in: their batch norm neither uses nor changes by a batch.
    A state dict has a digest in place of the frozen weights, which lie once in the cache: they are the same in every
    checkpoint.  Loading one takes them from there where the base here has others, else from `source`, which gives
    all weights of the base.
    """

    offset: Tensor
    factor: Tensor

    def __init__(self, base: Base, side: int, pool: str, freezing: Freezing, later: tuple[str, ...],
                 published: bool, span: tuple[float, float], rng: StepRng):
        super().__init__()
        self.name, self.side, self.pool = base.name, side, pool
        low, high = span
        self.net = base.build(side, rng)
        _, *edges = base.pictures()
        mean, deviation = (torch.tensor(values).view(1, -1, 1, 1) for values in edges)
        # (x - low) / (high - low) is the pixel in [0, 1], and (pixel - mean) / deviation what the base was trained on
        self.register_buffer("offset", low + mean * (high - low), persistent=False)
        self.register_buffer("factor", 1 / (deviation * (high - low)), persistent=False)
        modules = dict(frozen_modules(self.net, freezing.with_unfrozen(later)))  # in all of the run
        self.begins_frozen = dict(frozen_modules(self.net, freezing))
        self._frozen = list(self.begins_frozen.values())
        self.kept = {f"net.{name}.{key}" if name else f"net.{key}" for name, module in modules.items()
                     for key, value in [*module._parameters.items(), *module._buffers.items()] if value is not None}
        for module in modules.values():
            for weight in module._parameters.values():
                if weight is not None:
                    weight.requires_grad_(False)
        self._digest = ""
        self.register_state_dict_post_hook(_leave_out)
        self.register_load_state_dict_pre_hook(_put_in)
        still = set(modules.values())
        rng.seeds_torch |= any(_draws(module) for module in self.net.modules() if module not in still)
        self.source: Callable[[], Mapping[str, Tensor]] | None = None
        self.train(self.training)
        if published and not next(self.net.parameters()).is_meta:
            self.begin_with(base.weights())

    def begin_with(self, weights: Mapping[str, Tensor]) -> None:
        """Set all weights, by the names of the base's module."""
        self.net.load_state_dict(dict(weights))
        self._digest = ""

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim == 2:  # its features, computed before
            return x
        found: Tensor = self.net(self.prepared(x))
        if found.ndim == 2 or self.pool == "maps":
            return found
        if self.pool == "flatten":
            return found.flatten(1)
        return found.mean((2, 3)) if self.pool == "avg" else found.amax((2, 3))

    def prepared(self, x: Tensor) -> Tensor:
        """Pictures as the base expects them: size, scale, three channels."""
        if x.shape[-2:] != (self.side, self.side):
            smaller = x.shape[-1] > self.side or x.shape[-2] > self.side
            x = nn.functional.interpolate(x, (self.side, self.side), mode="bilinear", antialias=smaller)
        return self.scaled(x)

    def scaled(self, x: Tensor) -> Tensor:
        """Pictures of any size in the base's scale, of three channels."""
        if x.shape[1] != self.offset.shape[1]:
            x = x.expand(-1, self.offset.shape[1], -1, -1)
        return (x - self.offset) * self.factor

    def freeze(self, modules: list[nn.Module]) -> None:
        """Let these innermost modules be frozen from now on, and no others; what they learn is not decided here."""
        self._frozen = modules
        self.train(self.training)

    def train(self, mode: bool = True) -> PretrainedModule:
        super().train(mode)
        for module in self._frozen:
            module.training = False
        return self

    @property
    def whole_frozen(self) -> bool:
        """Whether nothing of the base is trained, so that its features of a row are always the same."""
        frozen = set(self._frozen)
        return all(module in frozen or not module._parameters for module in self.net.modules())

    @property
    def about(self) -> str:
        """Everything that its features of a row depend on."""
        edges = [*self.offset.flatten().tolist(), *self.factor.flatten().tolist()]
        return f"{self.name} {self.digest} {self.side} {self.pool} {edges} {REVISION}"

    def width(self, shape: tuple[int, ...]) -> int:
        """How many values it makes of an input of this shape."""
        with torch.no_grad():
            value = next(self.net.parameters())
            found = self(torch.zeros(1, *shape, device=value.device))
        return int(found.shape[1])

    def frozen_weights(self) -> dict[str, Tensor]:
        """What is frozen, by its names here."""
        return {name: value for name, value in [*self.named_parameters(), *self.named_buffers()] if name in self.kept}

    @property
    def digest(self) -> str:
        """The SHA-256 of what is frozen; empty where nothing is."""
        if not self._digest and self.kept:
            self._digest = stored.digest_of(self.frozen_weights())
        return self._digest


def has_base(model: nn.Module) -> bool:
    """Whether a network begins with a base, which takes grey pictures and those of its own channels."""
    return any(isinstance(module, PretrainedModule) for module in model.modules())


def whole_state(model: nn.Module) -> dict[str, Tensor]:
    """The state dict of a network with all its weights, those of a frozen base in place of their digest."""
    state = dict(model.state_dict())
    for name, module in model.named_modules():
        if isinstance(module, PretrainedModule) and state.pop(f"{name}.{FROZEN}", None) is not None:
            state |= {f"{name}.{own}": value for own, value in module.frozen_weights().items()}
    return state


def _draws(module: nn.Module) -> bool:
    """Whether a module draws from torch's own generator in training."""
    return isinstance(module, nn.modules.dropout._DropoutNd) or type(module).__name__ == "StochasticDepth"


def _leave_out(module: Any, state: dict[str, Any], prefix: str, about: Any) -> None:
    """Put the digest in place of the frozen weights, which are stored under it; where that fails, all stay."""
    weights = module.frozen_weights()
    if not weights or not stored.store(module.digest, weights):
        return
    for name in module.kept:
        state.pop(prefix + name, None)
    state[prefix + FROZEN] = torch.tensor(list(bytes.fromhex(module.digest)), dtype=torch.uint8)


def _put_in(module: Any, state: dict[str, Any], prefix: str, *rest: Any) -> None:
    """Put the frozen weights in place of their digest: the module's own, else those that are stored under it."""
    digest = state.pop(prefix + FROZEN, None)
    if digest is None:  # they are all there
        module._digest = ""
        return
    expected = bytes(digest.tolist()).hex()
    weights = module.frozen_weights()
    if module.digest != expected:
        weights = stored.load(expected)
        if weights is None and module.source is not None:
            module.begin_with(module.source())
            weights = module.frozen_weights() if module.digest == expected else None
        if weights is None:
            raise problem(f"model.base={module.name}",
                          f"its frozen weights ({module.digest[:10]}) are not those that this run was trained on "
                          f"({expected[:10]}), which are not in the cache either")
        if trained := module.kept - weights.keys():  # features in the cache are those of weights that nobody has moved
            raise problem(f"model.base={module.name}", f"{min(trained).removeprefix('net.')} was trained where these "
                          "weights come from; expected no more to be frozen (model.unfreeze, phases) than there")
        module._digest = expected if weights.keys() == module.kept else ""  # a fork may train what was frozen
    state.update({prefix + name: value for name, value in weights.items()})
