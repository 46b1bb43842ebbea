"""The cells as a file that loads without dlrun holds them: one node of its graph for all steps of time.

A loop of Python is traced step by step, some seventeen nodes each: minutes and megabytes for a few hundred steps, and
PyTorch's own functions take as long to trace.  While a network is exported its cells are therefore others, with the
same weights and mathematics: ONNX has an operator for each of them, and a program of torch's holds a scan, which has
the graph of one step.  Nobody trains with these, and there are no dropout masks: what is exported evaluates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models.recurrent.cells import CellWeights, RecurrentCell, States
from dlrun.models.recurrent.module import Recurrent
from dlrun.models.recurrent.onnx_cell import OnnxCell

Activation = Callable[[Tensor], Tensor]
Step = Callable[[States, Tensor], States]  # states (rows, units) and a step's products with the input weights: the next

ACTIVATIONS: dict[str, Activation] = {
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu, "linear": lambda x: x,
    "hard_sigmoid": lambda x: F.hardsigmoid(1.2 * x),  # Keras 2's: 0.2 x + 0.5 between 0 and 1
}


@contextmanager
def exported_cells(model: nn.Module, how: str) -> Iterator[None]:
    """Within it the recurrent layers of a model compute by what a file of the format ("onnx", "torch") can hold."""
    kind = {"onnx": OnnxCell, "torch": ScanCell}[how]
    layers = [module for module in model.modules() if isinstance(module, Recurrent)]
    trained = [module.cell for module in layers]
    for module in layers:
        module.cell = kind(module.cell.layer)
    try:
        yield
    finally:
        for module, cell in zip(layers, trained):
            module.cell = cell


class ScanCell(RecurrentCell):
    """A scan: any cell.  The formulas stand here a second time, as a scan knows no memory that is written to."""

    def __call__(self, x: Tensor, weights: CellWeights, before: States, mask: Tensor | None, mask_h: Tensor | None,
                 every: bool) -> tuple[Tensor, States]:
        from torch._higher_order_ops.scan import scan  # it has no public name as yet

        step = self._step(weights)

        def one(states: States, now: Tensor) -> tuple[States, Tensor]:
            after = step(states, now)
            return after, after[0].clone()  # two results may not share memory

        bias = weights.bias
        if weights.bias_hh is not None and not self.resets_after:
            bias = bias + weights.bias_hh
        ends, states = scan(one, before, F.linear(x, weights.ih, bias))
        return (states if every else ends[0]), tuple(ends)

    def _step(self, weights: CellWeights) -> Step:
        act, gate = ACTIVATIONS[self.layer.activation], ACTIVATIONS[self.layer.gate_activation]
        if self.gates == 4:
            return lstm_step(weights.hh, act, gate)
        if self.gates == 1:
            return rnn_step(weights.hh, act)
        if self.resets_after and weights.bias_hh is not None:
            return gru_after_step(weights.hh, weights.bias_hh, act, gate)
        return gru_step(weights.hh, act, gate)


def rnn_step(weight: Tensor, act: Activation) -> Step:
    """h = act(x + U h)."""
    return lambda before, x: (act(x + F.linear(before[0], weight)),)


def lstm_step(weight: Tensor, act: Activation, gate: Activation) -> Step:
    """c = f c + i g, h = o act(c); the gates' order is PyTorch's: i, f, g, o."""
    def step(before: States, x: Tensor) -> States:
        i, f, g, o = (x + F.linear(before[0], weight)).chunk(4, 1)
        c = gate(f) * before[1] + gate(i) * act(g)
        return gate(o) * act(c), c

    return step


def gru_step(weight: Tensor, act: Activation, gate: Activation) -> Step:
    """Keras 2's, which resets before the product: n = act(x + U (r h)), h = z h + (1 - z) n; gates r, z, n."""
    units = weight.shape[1]
    of_gates, of_new = weight[:2 * units].clone(), weight[2 * units:].clone()  # views of one memory are refused

    def step(before: States, x: Tensor) -> States:
        h, = before
        r, z = gate(x[:, :2 * units] + F.linear(h, of_gates)).chunk(2, 1)
        n = act(x[:, 2 * units:] + F.linear(r * h, of_new))
        return (n + z * (h - n),)

    return step


def gru_after_step(weight: Tensor, bias: Tensor, act: Activation, gate: Activation) -> Step:
    """cuDNN's, which resets after the product: n = act(x + r (U h + b)), h = z h + (1 - z) n; gates r, z, n."""
    units = weight.shape[1]

    def step(before: States, x: Tensor) -> States:
        h, = before
        product = F.linear(h, weight, bias)
        r, z = gate((x + product)[:, :2 * units]).chunk(2, 1)
        n = act(x[:, 2 * units:] + r * product[:, 2 * units:])
        return (n + z * (h - n),)

    return step
