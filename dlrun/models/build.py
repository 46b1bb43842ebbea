"""From a list of layers to a PyTorch module, and what the loop asks of it after each update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.config.seeds import derive_seed
from dlrun.models import init
from dlrun.models.kernel import Kernel, WithKernels
from dlrun.models.layer import Layer, Mask
from dlrun.models.plan import named, plan
from dlrun.models.shapes import Shape
from dlrun.models.step_rng import StepRng


class Restrained(nn.Module):
    """A network that knows its kernels with a penalty or a largest norm; which these are is decided when it is built.

    `penalised` has (parameter's name, l1, l2) of each kernel with a penalty, `constrained` (parameter's name, axes to
    sum over, largest norm) of each with a constraint.
    """

    def __init__(self) -> None:
        super().__init__()
        self.penalised: list[tuple[str, float, float]] = []
        self.constrained: list[tuple[str, tuple[int, ...], float]] = []


class Network(Restrained, nn.Sequential):
    """Layers in order, under the names that `plan` gives them; those in `still` stay in evaluation in training too."""

    def __init__(self) -> None:
        super().__init__()
        self.still: list[nn.Module] = []

    def train(self, mode: bool = True) -> Network:
        super().train(mode)
        for module in self.still:
            module.training = False
        return self


def build(layers: Sequence[Layer], input_shape: Shape, *, seed: int, rng: StepRng,
          device: torch.device | str = "cpu") -> Network:
    """The network of `layers` for inputs of `input_shape` (without the batch).

    Each parameter's initial values come from the stream derive_seed(seed, "init", its name), on the CPU, so they are
    equal on every device; move the network afterwards.  With device "meta" nothing is allocated.  Raises ConfigError
    as `plan` does.
    """
    plan(layers, input_shape)
    network = Network()
    with torch.device(device):
        _fill(network, layers, tuple(input_shape), rng, seed, "", network)
    return network


def _fill(holder: nn.Sequential, layers: Sequence[Layer], shape: Shape, rng: StepRng, seed: int, prefix: str,
          network: Network) -> None:
    mask: Mask | None = None  # of padded positions, from an embedding up to where positions end
    for name, layer in named(layers):
        parts: dict[str, nn.Module] = {}
        for part, inner in layer.parts(shape):
            parts[part] = within = nn.Sequential()
            _fill(within, inner, shape, rng, seed, f"{prefix}{name}.{part}.", network)
        module = _made(layer, shape, rng, parts, seed, prefix + name)
        if module is not None:
            holder.add_module(name, module)
            if isinstance(module, WithKernels):
                _begin(module, layer, seed, prefix + name)
                _register(network, module, layer, prefix + name)
        mask = layer.mask(module, mask)
        shape = layer.output(shape)


def _made(layer: Layer, shape: Shape, rng: StepRng, parts: dict[str, nn.Module], seed: int,
          name: str) -> nn.Module | None:
    """The layer's module; what a user's class draws from torch's generator comes from its own stream."""
    if not layer.draws_weights:
        return layer.build(shape, rng, parts)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derive_seed(seed, "init", name) % (1 << 63))
        return layer.build(shape, rng, parts)


def _begin(module: WithKernels, layer: Any, seed: int, name: str) -> None:
    """Draws the initial values of a layer with kernels; with init "torch" its bias is PyTorch's too."""
    chosen = layer.init or "glorot_uniform"
    frozen = [(kernel, module.get_buffer(kernel)) for kernel in module.kernels if kernel in module._buffers]
    for parameter, value in [*module.named_parameters(recurse=False), *frozen]:
        if value.is_meta:
            continue
        g, own = init.generator(seed, f"{name}.{parameter}"), module.inits.get(parameter)
        if parameter in module.kernels:
            init.fill(value, own or chosen, module.kernels[parameter], g)
        elif chosen == "torch":
            bound = init.torch_bound(getattr(module, list(module.kernels)[-1]))
            nn.init.uniform_(value, -bound, bound, generator=g)
        else:
            init.fill(value, own or layer.bias_init, Kernel(1, len(value)), g)
    module.begun()


def _register(network: Network, module: WithKernels, layer: Layer, name: str) -> None:
    l1, l2, max_norm = layer.on_kernel()
    for parameter, kernel in module.kernels.items():
        if l1 or l2:
            network.penalised.append((f"{name}.{parameter}", l1, l2))
        if max_norm is not None:
            axes = tuple(axis for axis in range(getattr(module, parameter).dim()) if axis != kernel.unit)
            network.constrained.append((f"{name}.{parameter}", axes, max_norm))


def penalty(model: nn.Module, parameters: Mapping[str, Tensor] | None = None) -> Tensor | None:
    """The sum over the penalised kernels of l1 * |W| + l2 * W**2, to be added to the loss; None when there are none.

    `parameters`, by name, stand for the model's own where a step is a function of them.
    """
    total = None
    for name, l1, l2 in model.penalised if isinstance(model, Restrained) else ():
        weight = model.get_parameter(name) if parameters is None else parameters[name]
        if l1:
            total = _plus(total, l1 * weight.abs().sum())
        if l2:
            total = _plus(total, l2 * weight.square().sum())
    return total


def _plus(total: Tensor | None, term: Tensor) -> Tensor:
    return term if total is None else total + term


@torch.no_grad()
def constrain(model: nn.Module) -> None:
    """Scales every unit whose incoming weights are longer than its max_norm back to it; call after each update."""
    for name, axes, longest in model.constrained if isinstance(model, Restrained) else ():
        weight = model.get_parameter(name)
        if not weight.requires_grad:
            continue  # frozen: the factor is a little below 1 for short ones, too
        norm = weight.square().sum(axes, keepdim=True).sqrt()
        weight.mul_(norm.clamp(max=longest) / (norm + 1e-7))  # Keras's, its epsilon included


def is_constrained(model: nn.Module) -> bool:
    """Whether `constrain` changes anything."""
    return isinstance(model, Restrained) and bool(model.constrained)


def stateful(model: nn.Module) -> bool:
    """Whether a network carries states over from batch to batch."""
    return any(isinstance(module, WithKernels) and module.stateful for module in model.modules())


def reset_states(model: nn.Module) -> None:
    """Forget the states carried over; call it at each epoch's start."""
    for module in model.modules():
        if isinstance(module, WithKernels):
            module.reset_states()
