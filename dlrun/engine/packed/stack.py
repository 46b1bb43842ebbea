"""The members' weights, buffers and optimizer states as one tensor each, of which every member has its part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from dlrun.engine.player import PlayerState

_ALIGNED = 16  # values; each weight begins where a vector register does


class Stack:
    """`flat` (slots, values) holds all trained weights of a member in a row; `weights` are the parts of it by name.

    The members' own modules and optimizers work on their rows from now on: whatever reads or writes them, a
    measurement, a checkpoint, the best weights that are put back, needs to know nothing of the others.  Rows without a
    member hold copies of the first one's.
    """

    def __init__(self, players: Mapping[int, PlayerState], slots: int):
        first = next(iter(players.values()))
        kinds = {weight.dtype for weight in first.weights}
        if len(kinds) != 1:
            raise ValueError(f"weights of several types: {kinds}")
        self.slots, self.device, self.dtype = slots, first.weights[0].device, kinds.pop()
        self._members = dict(players)
        names = {id(weight): name for name, weight in first.module.named_parameters()}
        self.names = [names[id(weight)] for weight in first.weights]
        self._cuts: list[tuple[int, torch.Size]] = []
        size = 0
        for weight in first.weights:
            self._cuts.append((size, weight.shape))
            size += -(-weight.numel() // _ALIGNED) * _ALIGNED
        self.size = size
        self.flat, self.gradients = self._empty(), self._empty()
        self.weights = {name: part.requires_grad_() for name, part in zip(self.names, self.parts(self.flat))}
        self.gradient_parts = self.parts(self.gradients)
        self.buffers: dict[str, Tensor] = {}
        self.state: dict[str, Tensor] = {}
        with torch.no_grad():
            self._take_weights()
            self._take_buffers()

    def _empty(self) -> Tensor:
        return torch.zeros(self.slots, self.size, dtype=self.dtype, device=self.device)

    def parts(self, flat: Tensor) -> list[Tensor]:
        """The part of each weight (slots, *its shape) in a tensor like `flat`."""
        return [flat.detach()[:, start:start + shape.numel()].unflatten(1, shape or (1,)) if shape
                else flat.detach()[:, start] for start, shape in self._cuts]

    def _of(self, slot: int) -> PlayerState:
        return self._members.get(slot) or next(iter(self._members.values()))

    def _take_weights(self) -> None:
        for slot in range(self.slots):
            for part, weight in zip(self.weights.values(), self._of(slot).weights):
                part[slot].copy_(weight)
        for slot, player in self._members.items():
            for part, weight in zip(self.weights.values(), player.weights):
                weight.data = part.detach()[slot]

    def _take_buffers(self) -> None:
        """Buffers, and weights that are not trained."""
        for slot in range(self.slots):
            for name, own in _untrained(self._of(slot).module).items():
                if name not in self.buffers:
                    self.buffers[name] = own.new_zeros((self.slots, *own.shape))
                self.buffers[name][slot].copy_(own)
        for slot, player in self._members.items():
            for name, own in _untrained(player.module).items():
                own.data = self.buffers[name][slot]

    @torch.no_grad()
    def take_state(self, of_weights: Mapping[str, float], of_members: Mapping[str, float]) -> dict[str, Tensor]:
        """The optimizers' state by torch's names: of each weight (slots, values), of each member (slots, 1).

        `of_weights` and `of_members` have the first values, for a member that has not taken a step yet.
        """
        for name, value in of_weights.items():
            self.state[name] = whole = torch.full_like(self.flat, value)
            parts = self.parts(whole)
            for slot, player in self._members.items():
                for part, weight in zip(parts, player.weights):
                    own = player.optimizer.state[weight]
                    if own.get(name) is not None:
                        part[slot].copy_(own[name])
                    own[name] = part[slot]
        for name, value in of_members.items():
            self.state[name] = whole = torch.full((self.slots, 1), value, device=self.device)
            for slot, player in self._members.items():
                for weight in player.weights:
                    own = player.optimizer.state[weight]
                    if name in own:
                        whole[slot] = own[name]
                    own[name] = whole[slot, 0]
        return self.state

    @torch.no_grad()
    def leave(self, slot: int) -> None:
        """Give a member its weights and buffers for itself: its rows go on with nobody's."""
        player = self._members[slot]
        for weight in player.weights:
            weight.data = weight.detach().clone()
        for own in _untrained(player.module).values():
            own.data = own.detach().clone()

    def all(self) -> Sequence[Tensor]:
        """Everything that a step changes, (slots, ...) each."""
        return [self.flat, *self.buffers.values(), *self.state.values()]


def _untrained(module: nn.Module) -> dict[str, Tensor]:
    return {**dict(module.named_buffers()),
            **{name: weight for name, weight in module.named_parameters() if not weight.requires_grad}}
