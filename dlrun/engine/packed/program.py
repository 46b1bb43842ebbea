"""Forward, loss and backward of all members as one program: torch.func.vmap over their stacked weights, traced once."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.fx import GraphModule

from dlrun.engine.packed.alike import of_each
from dlrun.engine.packed.collected import Noted
from dlrun.engine.packed.draws import Draw, ProgramRng
from dlrun.engine.packed.recorded import recorded
from dlrun.engine.packed.stack import Stack
from dlrun.engine.step import EagerStep
from dlrun.models.build import Restrained
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.task import Task

TURN = "model"  # the only player of a task whose members can be packed


class Turn(nn.Module):
    """A player's turn as a module, so that its weights can be given from outside."""

    def __init__(self, task: Task, model: nn.Module):
        super().__init__()
        self.task, self.model = task, model

    def forward(self, batch: Batch) -> tuple[Tensor, Any]:
        return self.task.loss(TURN, self.model, batch)


class Program:
    """One copy of the network and the task, which stands for all members.

    `steps` are those of the slots (one of a member that is there, for a slot without).  Dropout rates and penalties
    are those of each member.
    """

    def __init__(self, steps: Sequence[EagerStep], stack: Stack):
        first = steps[0]
        self.stack, self.rng = stack, ProgramRng(stack.device)
        self._names = first.totals.names
        task, model = copy.deepcopy((first.task, first.model), {id(first.rng): self.rng})
        self._turn = Turn(task, model).train()
        self._task = task
        like = stack.flat
        for name, module in model.named_modules():
            for key in of_each(module):
                values = [getattr(step.model.get_submodule(name), key) for step in steps]
                if len(set(values)) > 1:
                    setattr(module, key, torch.tensor(values, dtype=like.dtype, device=like.device))
        penalties = [_penalties(step.model) for step in steps]
        self._penalised = list(dict.fromkeys(name for own in penalties for name in own))
        self._penalties = [torch.tensor([own.get(name, (0.0, 0.0)) for own in penalties], dtype=like.dtype,
                                        device=like.device) for name in self._penalised]  # (slots, 2): l1, l2
        self._weights = {f"model.{name}": weight for name, weight in stack.weights.items()}
        self._leaves = list(self._weights.values())
        self._buffers = {f"model.{name}": value for name, value in stack.buffers.items()}
        self._traced: dict[tuple[torch.Size, torch.Size], tuple[Noted, GraphModule]] = {}
        self._asked: dict[tuple[torch.Size, torch.Size], list[Draw]] = {}

    def draws(self, x: Tensor, y: Tensor) -> list[Draw]:
        """What a member draws in a step of such a batch (slots, rows, ...), in its order."""
        key = (x.shape, y.shape)
        if key not in self._asked:
            self.rng.asked = []
            with torch.no_grad():  # on copies: a step changes moving averages
                given = {name: value[0].clone() for name, value in {**self._weights, **self._buffers}.items()}
                functional_call(self._turn, given, (Batch(x[0], y[0], x.shape[1]),))
            self._asked[key] = self.rng.asked
        return self._asked[key]

    def gradients(self, x: Tensor, y: Tensor, draws: list[Tensor]) -> tuple[Noted, Sequence[Tensor]]:
        """Put every member's gradients into the stack; what the step has shown of the metrics, noted and (slots,)."""
        key = (x.shape, y.shape)
        inputs = [*self._leaves, *self._buffers.values(), *self._penalties, x, y, *draws]
        if key not in self._traced:
            self._traced[key] = self._trace(inputs)
        noted, graph = self._traced[key]
        with torch.no_grad():
            found = graph(*inputs)
            for place, gradient in zip(self.stack.gradient_parts, found):
                place.copy_(gradient)
        return noted, found[len(self._leaves):]

    def _trace(self, inputs: list[Tensor]) -> tuple[Noted, GraphModule]:
        """The operations of a step, as a function of the inputs: gradients, then what is noted of the metrics.

        Executed as it stands it costs neither vmap's nor autograd's work in Python, which is most of a small step.
        """
        noted = Noted(self._names, self.stack.device)
        names, kept = list(self._weights), list(self._buffers)

        def turn(weights: list[Tensor], buffers: list[Tensor], penalties: list[Tensor], x: Tensor, y: Tensor,
                 draws: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
            noted.begin()
            self.rng.begin(draws)
            batch = Batch(x, y, x.shape[0])
            given = dict(zip(names, weights))
            loss, outputs = functional_call(self._turn, given | dict(zip(kept, buffers)), (batch,))
            for name, penalty in zip(self._penalised, penalties):
                loss = loss + penalty[0] * given[name].abs().sum() + penalty[1] * given[name].square().sum()
            self._task.add(TURN, noted, loss, outputs, batch)
            return loss, noted.values

        def step(*given: Tensor) -> list[Tensor]:
            left = iter(given)
            leaves = [next(left).detach().requires_grad_() for _ in names]
            buffers, penalties = [next(left) for _ in kept], [next(left) for _ in self._penalised]
            losses, values = vmap(turn)(leaves, buffers, penalties, next(left), next(left), list(left))
            found = torch.autograd.grad(losses.sum(), leaves, allow_unused=True)
            return [torch.zeros_like(leaf) if gradient is None else gradient
                    for leaf, gradient in zip(leaves, found)] + [value.detach() for value in values]

        before = [value.clone() for value in self._buffers.values()]
        with torch.enable_grad():
            graph = recorded(step, inputs)
        for value, own in zip(self._buffers.values(), before):  # tracing has taken a step
            value.copy_(own)
        return noted, graph


def _penalties(model: nn.Module) -> dict[str, tuple[float, float]]:
    """The penalties (l1, l2) of a network's kernels, by the names that they have in a turn."""
    return {f"model.{name}": (l1, l2) for name, l1, l2 in model.penalised} if isinstance(model, Restrained) else {}
