"""The update of all members: clipped gradients, the optimizer, largest norms."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from dlrun.engine.packed.host_values import on_device
from dlrun.engine.packed.stack import Stack
from dlrun.engine.player import PlayerState
from dlrun.engine.step import EagerStep
from dlrun.models.build import Restrained

# Values that are moved at once on a CPU.  Microseconds of a member, 64 of 784-16-10 and Adam: 55 with a tenth as many
# (calls), 22 with these, 73 with all 814,080 (each operation's result is fresh memory).
_AT_ONCE = 1 << 18


def _constraints(player: PlayerState) -> list[tuple[str, tuple[int, ...], float]]:
    return player.module.constrained if isinstance(player.module, Restrained) else []


class Update:
    """`players` are those of the slots (one of a member that is there, for a slot without).

    `recorded`: its kernels are launched again as they are, so that no number may be read on the host.
    """

    def __init__(self, players: Sequence[PlayerState], stack: Stack, recorded: bool):
        first = players[0]
        self.stack, self.kind = stack, first.kind
        self._move = first.kind.move if recorded else first.kind.mover(stack.device)
        self.state = stack.take_state(*self.kind.beginning())
        self._rates = [player.lr for player in players]
        self._numbers = {key: self._column([getattr(player.kind, key) for player in players], torch.float64)
                         for key in self.kind.moved_by}
        self._changed = True
        kinds = [player.kind for player in players]
        self._value = self._clip([kind.clip_value for kind in kinds])
        self._norm = self._clip([kind.clip_norm for kind in kinds])
        self._constrained = []
        for number, (name, axes, _) in enumerate(_constraints(first)):
            part = stack.weights[name].detach()
            longest = [_constraints(player)[number][2] for player in players]
            self._constrained.append((part, tuple(axis + 1 for axis in axes),
                                      self._column(longest, stack.dtype).view(-1, *(1 for _ in part.shape[1:]))))
        together = max(1, _AT_ONCE // stack.size) if stack.device.type == "cpu" else stack.slots
        self._parts = [self._part(slice(start, start + together)) for start in range(0, stack.slots, together)]

    def _part(self, slots: slice) -> tuple[Tensor, Tensor, dict[str, Tensor], dict[str, Tensor]]:
        """What some of the members are moved by, for `move`."""
        return (self.stack.flat[slots], self.stack.gradients[slots],
                {name: whole[slots] for name, whole in self.state.items()},
                {key: column[slots] for key, column in self._numbers.items()})

    def _column(self, values: Sequence[float], dtype: torch.dtype) -> Tensor:
        return on_device(values, dtype, self.stack.device)[:, None]

    def _clip(self, values: Sequence[float | None]) -> Tensor | None:
        """A bound of each slot; None where no member has one."""
        if all(value is None for value in values):
            return None
        return self._column([math.inf if value is None else value for value in values], self.stack.dtype)

    def set_rate(self, slot: int, step: EagerStep, number: int) -> None:
        """Give a member the learning rate of its step."""
        step.set_rate(number)
        [player] = step.players.values()
        rate = player.optimizer.param_groups[0]["lr"]
        if rate != self._rates[slot]:
            self._rates[slot], self._changed = rate, True

    def send_rates(self) -> None:
        """Let the next update be one by the rates that were given."""
        if self._changed:  # in place: a graph reads them where they are
            self._numbers["lr"].copy_(self._column(self._rates, torch.float64))
            self._changed = False

    def __call__(self) -> None:
        """Move all weights by their gradients.  Of tensors alone: its kernels may be launched again as they are."""
        gradients = self.stack.gradients
        if self._value is not None:
            gradients.copy_(gradients.clamp(-self._value, self._value))
        if self._norm is not None:  # as torch.nn.utils.clip_grad_norm_ does, its 1e-6 included
            norm = gradients.square().sum(1, keepdim=True).sqrt_()
            gradients.mul_((self._norm / (norm + 1e-6)).clamp_(max=1))
        for own in self._parts:
            self._move(*own)
        for part, axes, longest in self._constrained:
            norm = part.square().sum(axes, keepdim=True).sqrt_()
            part.mul_(norm.minimum(longest) / (norm + 1e-7))  # as `models.build.constrain` does
