"""Gradients of dense layers in a row without a graph: the kernels that autograd calls, in its order, with its bits.

For a small network autograd's graph costs as much as a third of the arithmetic.  Here the layers go forwards and
backwards by hand, and so does the loss where its task says how (`Task.direct`); else autograd has the loss alone.  The
first step is taken both ways: where one bit of a gradient differs, as it might in another torch, the graph is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.models.layers.dense_module import Dense
from dlrun.models.layers.dropout_module import Dropout
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.task import Task

SLOPES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {  # gradient and result -> gradient
    "relu": lambda gradient, result: torch.ops.aten.threshold_backward(gradient, result, 0),
    "tanh": torch.ops.aten.tanh_backward,
    "sigmoid": torch.ops.aten.sigmoid_backward,
}


def is_chain(model: nn.Module) -> bool:
    """Whether a network is one of dense layers in a row, all of them trained."""
    return all(type(module) in (nn.Flatten, Dropout) or (type(module) is Dense and _known(module))
               for module in model.children())


def looked_into(model: nn.Module) -> bool:
    """Whether somebody listens to its layers, who is to hear each once in a step."""
    return any(module._forward_hooks or module._forward_pre_hooks or module._backward_hooks
               for module in model.modules())


def _known(dense: Dense) -> bool:
    trained = all(weight.requires_grad for weight in dense.parameters())
    return trained and (dense.function is None or dense.activation in SLOPES)


class _Outputs:
    """Stands for a network that trains, in a task's loss: it has been called already."""

    training = True

    def __init__(self, outputs: Tensor):
        self._outputs = outputs

    def __call__(self, x: Tensor) -> Tensor:
        return self._outputs


class DirectChain:
    """Called with a task, its turn and a batch: loss and outputs; the weights then have their gradients.

    The network is one that `is_chain` knows.  `agrees` is asked first: where it says no, autograd has to take care.
    """

    def __init__(self, model: nn.Module):
        self._layers: list[Any] = list(model.children())
        self._dense = [layer for layer in self._layers if type(layer) is Dense]
        self._checked = False

    def __call__(self, task: Task, turn: str, batch: Batch) -> tuple[Tensor, Any]:
        with torch.no_grad():
            outputs, kept = self._forward(batch.x)
            by_hand = task.direct(turn, outputs, batch)
            if by_hand is not None:
                loss, shown, gradient = by_hand
                self._backward(gradient, kept)
                return loss, shown
        outputs.requires_grad_()
        loss, shown = task.loss(turn, _Outputs(outputs), batch)  # type: ignore[arg-type]
        gradient, = torch.autograd.grad(loss, outputs)
        with torch.no_grad():
            self._backward(gradient, kept)
        return loss, shown

    def agrees(self, task: Task, turn: str, model: nn.Module, batch: Batch, again: Callable[[], None]) -> bool:
        """Whether the gradients and the loss of a batch are autograd's bit for bit; `again` restores the noise."""
        if self._checked:
            return True
        if looked_into(model):
            return False
        loss, _ = task.loss(turn, model, batch)
        expected = [loss.detach(), *torch.autograd.grad(loss, [*model.parameters()])]
        again()
        loss, _ = self(task, turn, batch)
        found = [loss.detach(), *(weight.grad for weight in model.parameters())]
        for weight in model.parameters():
            weight.grad = None
        again()
        self._checked = all(one is not None and torch.equal(one, other) and one.stride() == other.stride()
                            for one, other in zip(found, expected))
        return self._checked

    def _forward(self, x: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """The outputs, and of each layer what its way back needs: inputs and results, or a mask."""
        kept: list[tuple[Tensor, Tensor]] = []
        for layer in self._layers:
            before = x
            if type(layer) is Dense:
                x = layer.by_hand(before)
                kept.append((before, x))
            elif type(layer) is Dropout:
                mask = layer.mask(before)
                x = before * mask
                kept.append((before, mask))
            else:
                x = layer(before)
                kept.append((before, x))
        return x, kept

    def _backward(self, gradient: Tensor, kept: list[tuple[Tensor, Tensor]]) -> None:
        first = self._dense[0]
        for layer, (before, result) in zip(reversed(self._layers), reversed(kept)):
            if type(layer) is Dropout:
                gradient = gradient * result
            elif type(layer) is Dense:
                if layer.function is not None:
                    gradient = SLOPES[layer.activation](gradient, result)
                layer.weight.grad = gradient.t().mm(before)
                if layer.bias is not None:
                    layer.bias.grad = gradient.sum(0)
                if layer is first:
                    return
                gradient = gradient.mm(layer.weight)
            else:
                gradient = gradient.reshape(before.shape)
