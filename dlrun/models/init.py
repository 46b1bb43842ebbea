"""Initial weights by Keras's definitions, the plain normal ones by TensorFlow's, drawn on the CPU from streams."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import torch
from torch import Generator, Tensor, nn

from dlrun.config.seeds import derive_seed
from dlrun.models.kernel import Kernel

TRUNCATED = 0.87962566103423978  # deviation of a standard normal cut off at 2, which Keras divides by


def generator(seed: int, name: str) -> Generator:
    """The stream of one parameter: the same on every device, whatever else the network has."""
    return torch.Generator().manual_seed(derive_seed(seed, "init", name))


@torch.no_grad()
def fill(weight: Tensor, init: str, kernel: Kernel, g: Generator) -> None:
    """Fills a parameter in place; `init` is one of `models.choices.INITS`, "torch" included."""
    FILLS[init](weight, kernel, g)


def _truncated_normal(weight: Tensor, kernel: Kernel, g: Generator, deviation: float = 0.05) -> None:
    nn.init.trunc_normal_(weight, 0, deviation, -2 * deviation, 2 * deviation, generator=g)


def _orthogonal(weight: Tensor, kernel: Kernel, g: Generator) -> None:
    """Units are the rows, or the columns where there are more units than inputs, of a random rotation."""
    by_unit = weight.movedim(kernel.unit, 0)
    rows, columns = by_unit.shape[0], by_unit[0].numel()
    flat = torch.empty(max(rows, columns), min(rows, columns)).normal_(generator=g)
    q, r = torch.linalg.qr(flat)
    q = q * torch.sign(torch.diagonal(r))  # without this the draw is not uniform over rotations
    by_unit.copy_((q.T if rows < columns else q).reshape(by_unit.shape))


def _torch(weight: Tensor, kernel: Kernel, g: Generator) -> None:
    """PyTorch's own rule for linear and convolution weights: +-1 / sqrt(its fan in)."""
    bound = 1 / sqrt(kernel.torch_in) if kernel.torch_in else torch_bound(weight)
    weight.uniform_(-bound, bound, generator=g)


def torch_bound(weight: Tensor) -> float:
    """1 / sqrt(inputs of a unit), the bound of PyTorch's uniform initial weights."""
    return 1 / sqrt(weight[0].numel())


def _scaled(scale: float, fan: Callable[[Kernel], float], kind: str) -> Callable[[Tensor, Kernel, Generator], None]:
    def scaled_normal(weight: Tensor, kernel: Kernel, g: Generator) -> None:
        _truncated_normal(weight, kernel, g, sqrt(scale / fan(kernel)) / TRUNCATED)

    def scaled_random_normal(weight: Tensor, kernel: Kernel, g: Generator) -> None:
        weight.normal_(0, sqrt(scale / fan(kernel)), generator=g)

    def scaled_uniform(weight: Tensor, kernel: Kernel, g: Generator) -> None:
        limit = sqrt(3 * scale / fan(kernel))
        weight.uniform_(-limit, limit, generator=g)

    return {"normal": scaled_normal, "random_normal": scaled_random_normal, "uniform": scaled_uniform}[kind]


def _both(kernel: Kernel) -> float:
    return (kernel.fan_in + kernel.fan_out) / 2


def _in(kernel: Kernel) -> float:
    return kernel.fan_in


FILLS: dict[str, Callable[[Tensor, Kernel, Generator], object]] = {
    "glorot_uniform": _scaled(1, _both, "uniform"),
    "glorot_normal": _scaled(1, _both, "normal"),
    "he_uniform": _scaled(2, _in, "uniform"),
    "he_normal": _scaled(2, _in, "normal"),
    "lecun_uniform": _scaled(1, _in, "uniform"),
    "lecun_normal": _scaled(1, _in, "normal"),
    "he_random_normal": _scaled(2, _in, "random_normal"),
    "lecun_random_normal": _scaled(1, _in, "random_normal"),
    "orthogonal": _orthogonal,
    "uniform": lambda weight, kernel, g: weight.uniform_(-0.05, 0.05, generator=g),
    "unit_uniform": lambda weight, kernel, g: weight.uniform_(-1, 1, generator=g),
    "normal": lambda weight, kernel, g: weight.normal_(0, 0.05, generator=g),
    "standard_normal": lambda weight, kernel, g: weight.normal_(generator=g),
    "small_normal": lambda weight, kernel, g: weight.normal_(0, 0.02, generator=g),
    "truncated_normal": _truncated_normal,
    "zeros": lambda weight, kernel, g: weight.zero_(),
    "ones": lambda weight, kernel, g: weight.fill_(1),
    "torch": _torch,
    "unit_forget": lambda weight, kernel, g: weight.zero_().view(4, -1)[1].fill_(1),  # an LSTM's biases: i, f, g, o
}
