"""The cells: Keras 2's as loops with their own backward pass, PyTorch's as its fused functions.

An LSTM's step of Keras's cell takes 1.2 to 2 times that of PyTorch's on a CPU, 0.8 to 1.2 times where its loop is
compiled, which a GRU's may be too (benchmarks/recurrent.py, `engine.compiled.scan`).

A cell maps x (length, rows, features), weights, states before and dropout masks to the states of all steps
(length, rows, units), or the last (rows, units), and what a stateful layer carries over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from dlrun.models.recurrent.gru import GruAfterScan, GruScan
from dlrun.models.recurrent.inputs import MaskedInputs
from dlrun.models.recurrent.link import GATES
from dlrun.models.recurrent.scan import LstmScan, RnnScan
from dlrun.models.recurrent.spec import Recurrent

States = tuple[Tensor, ...]
CompiledScan = Callable[..., Any]  # called as the scan that it stands for, without activations


class CellWeights(NamedTuple):
    """Of one direction; the second bias is None where a cell has none."""

    ih: Tensor
    hh: Tensor
    bias: Tensor
    bias_hh: Tensor | None


class RecurrentCell(ABC):
    """`states` name what is carried from step to step; `input_masks` is how many masks of the inputs are drawn."""

    def __init__(self, layer: Recurrent):
        self.layer = layer
        self.gates, self.units = layer.gates, layer.units
        self.resets_after = layer.gates == 3 and layer.biases == 2
        self.input_masks = layer.gates
        self.states = layer.states

    @abstractmethod
    def __call__(self, x: Tensor, weights: CellWeights, before: States, mask: Tensor | None, mask_h: Tensor | None,
                 every: bool) -> tuple[Tensor, States]:
        ...

    def settle(self, ways: Sequence[CellWeights]) -> None:
        """Called after a move to another device, with the weights of each direction."""
        return None


class KerasCell(RecurrentCell):
    """Keras 2's equations (keras/layers/recurrent.py, implementation 1: each gate with dropout masks of its own).

    All steps' products with the input weights are one matrix product before the loop.
    """

    def __init__(self, layer: Recurrent):
        super().__init__(layer)
        self.act, self.gate = GATES[layer.activation], GATES[layer.gate_activation]
        self.activations = layer.activation, layer.gate_activation
        self.compiles = layer.scans
        self.drops_states = bool(layer.recurrent_dropout)
        self.compiled: CompiledScan | None = None  # what it trains with in the place of its scan

    def __call__(self, x: Tensor, weights: CellWeights, before: States, mask: Tensor | None, mask_h: Tensor | None,
                 every: bool) -> tuple[Tensor, States]:
        # Half precision would lose in 500 steps what it gains in one: the loop is in the weights' precision.
        with _full_precision(x.device.type):
            x = x.to(weights.hh.dtype)
            before = tuple(state.to(x.dtype) for state in before)
            mask_h = None if mask_h is None else mask_h.to(x.dtype)
            return self._scan(x, weights, before, mask, mask_h, every)

    def _scan(self, x: Tensor, weights: CellWeights, before: States, mask: Tensor | None, mask_h: Tensor | None,
              every: bool) -> tuple[Tensor, States]:
        if self.gates == 4:
            z = self._inputs(x, self._ordered(weights.ih), self._ordered(weights.bias), mask)
            if (compiled := self._compiled(mask_h)) is not None:
                states, c = compiled(z, self._ordered(weights.hh), before[0], before[1], mask_h, every)
                return states, (_last(states, every), c)
            states, c = LstmScan.apply(z, self._ordered(weights.hh), *before, mask_h, self.act, self.gate, every)
            return states, (_last(states, every), c)
        z = self._inputs(x, weights.ih, weights.bias, mask)
        if (compiled := self._compiled(mask_h)) is not None:
            biases = () if weights.bias_hh is None else (weights.bias_hh,)
            states = compiled(z, weights.hh, *biases, *before, mask_h, every)
        elif self.gates == 1:
            states = RnnScan.apply(z, weights.hh, *before, mask_h, self.act, every)
        elif weights.bias_hh is None:
            states = GruScan.apply(z, weights.hh, *before, mask_h, self.act, self.gate, every)
        else:
            states = GruAfterScan.apply(z, weights.hh, weights.bias_hh, *before, mask_h, self.act, self.gate, every)
        return states, (_last(states, every),)

    def _compiled(self, mask_h: Tensor | None) -> CompiledScan | None:
        """The compiled scan in training alone: nobody evaluates with other bits than a report."""
        return self.compiled if torch.is_grad_enabled() and self.drops_states == (mask_h is not None) else None

    def _ordered(self, weight: Tensor) -> Tensor:
        """From PyTorch's and Keras's order of an LSTM's gates, i, f, g, o, to the scan's: g, i, f, o."""
        i, f, g, o = weight.split(self.units)
        return torch.cat([g, i, f, o])

    def _inputs(self, x: Tensor, weight: Tensor, bias: Tensor, mask: Tensor | None) -> Tensor:
        """(length, rows, gates * units): the products of all steps with the input weights, and the bias."""
        if mask is None:
            return F.linear(x, weight, bias)
        made: Tensor = MaskedInputs.apply(x, weight, bias, mask)
        return made


class FastCell(RecurrentCell):
    """PyTorch's fused functions, cuDNN's on CUDA; one dropout mask of the inputs serves all gates.

    `bias_hh` is zeros where Keras has no second bias.
    """

    def __init__(self, layer: Recurrent):
        super().__init__(layer)
        self.input_masks = 1
        self.run, self.mode = _FUSED[layer.kind if layer.gates > 1 else layer.activation]

    def __call__(self, x: Tensor, weights: CellWeights, before: States, mask: Tensor | None, mask_h: Tensor | None,
                 every: bool) -> tuple[Tensor, States]:
        if mask is not None:
            x = x * mask
        start = tuple(state.unsqueeze(0) for state in before)
        states, *after = self.run(x, start if self.gates == 4 else start[0], list(weights), True, 1, 0.0,
                                  torch.is_grad_enabled(), False, False)
        ends = tuple(state[0] for state in after)
        return (states if every else ends[0]), ends

    def settle(self, ways: Sequence[CellWeights]) -> None:
        """On CUDA the weights of a direction are put into one piece of memory, where cuDNN reads them uncopied."""
        for way in ways:
            if way.ih.is_cuda and torch.backends.cudnn.is_acceptable(way.ih):
                pieces = [piece for piece in way if piece is not None]
                with torch.no_grad():
                    torch._cudnn_rnn_flatten_weight(pieces, 4, way.ih.shape[1], self.mode, self.units, 0, 1, False,
                                                    False)


_FUSED: dict[str, tuple[Any, int]] = {  # the function, and cuDNN's number for it
    "relu": (torch.rnn_relu, 0), "tanh": (torch.rnn_tanh, 1), "lstm": (torch.lstm, 2), "gru": (torch.gru, 3),
}


def _full_precision(device: str) -> AbstractContextManager[object]:
    if device == "meta" or not torch.is_autocast_enabled(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


def _last(states: Tensor, every: bool) -> Tensor:
    return states[-1] if every else states


def make_cell(layer: Recurrent) -> RecurrentCell:
    """The cell of a recurrent layer: torch's own (``cell=fast``), or a loop with Keras's formulas."""
    return FastCell(layer) if layer.fast else KerasCell(layer)
