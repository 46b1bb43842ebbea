"""The modules of ``member_dense``."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlrun.models.functions import FUNCTIONS
from dlrun.models.kernel import Kernel, WithKernels


def _of_members(x: Tensor) -> Tensor:
    """(rows, features) or (rows, members, features) with an axis of members."""
    return x[:, None] if x.ndim == 2 else x


class MemberDense(WithKernels):
    """(rows, features) or (rows, members, features) to (rows, members, units): s * (W (r * x)) + b.

    `weight` is (units, features), common to all members; `r`, `s` and `bias` have a line a member.  With `drawn` r is
    drawn from a standard normal, one number for each member and `drawn` neighbouring features.
    """

    def __init__(self, members: int, features: int, units: int, activation: str, drawn: int = 0):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(units, features))
        self.r = nn.Parameter(torch.empty(members, features))
        self.s = nn.Parameter(torch.empty(members, units))
        self.bias = nn.Parameter(torch.empty(members, units))
        self.kernels = {"weight": Kernel(features, units), "r": Kernel(features, features)}
        self.inits = {"weight": "torch", "r": "standard_normal" if drawn else "ones", "s": "ones", "bias": "zeros"}
        self.drawn = drawn
        self.function = FUNCTIONS.get(activation)

    @torch.no_grad()
    def begun(self) -> None:
        if self.drawn > 1:
            self.r.copy_(self.r[:, :: self.drawn].repeat_interleave(self.drawn, 1)[:, : self.r.shape[1]])

    def forward(self, x: Tensor) -> Tensor:
        made = (_of_members(x) * self.r) @ self.weight.T * self.s + self.bias
        return made if self.function is None else self.function(made)


class OwnDense(WithKernels):
    """The same where each member has a `weight` (members, features, units) and a `bias` of its own."""

    def __init__(self, members: int, features: int, units: int, activation: str):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(members, features, units))
        self.bias = nn.Parameter(torch.empty(members, units))
        self.kernels = {"weight": Kernel(features, units, torch_in=features)}
        self.inits = {"weight": "torch", "bias": "zeros"}
        self.function = FUNCTIONS.get(activation)

    def forward(self, x: Tensor) -> Tensor:
        made = torch.einsum("rmf,mfu->rmu", _of_members(x).expand(-1, len(self.weight), -1), self.weight) + self.bias
        return made if self.function is None else self.function(made)
