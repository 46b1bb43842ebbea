"""A cell as ONNX's operator: RNN, LSTM or GRU, which have any of these activations and both forms of the GRU.

The operator is written by dlrun itself.  Left to torch's exporter, a GRU of PyTorch's is written in the other form by
onnxscript before 0.7.1, PyTorch's simple RNN and all of Keras's cells step by step.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dlrun.models.recurrent.cells import CellWeights, RecurrentCell, States

OPERATORS = {1: "RNN", 3: "GRU", 4: "LSTM"}  # by gates
ORDERS = {1: (0,), 3: (1, 0, 2), 4: (0, 3, 1, 2)}  # ONNX's z, r, n and i, o, f, g, of PyTorch's r, z, n and i, f, g, o
NAMES = {"tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu", "hard_sigmoid": "HardSigmoid", "linear": "Affine"}
SLOPES = {"hard_sigmoid": (0.2, 0.5), "linear": (1.0, 0.0)}  # alpha and beta of alpha x + beta
VERSION = 14  # of the operators; later ones differ in the types that they take


class OnnxCell(RecurrentCell):
    """For tracing by `torch.onnx.export` alone: computed with, it gives zeros."""

    def __call__(self, x: Tensor, weights: CellWeights, before: States, mask: Tensor | None, mask_h: Tensor | None,
                 every: bool) -> tuple[Tensor, States]:
        length, rows, _ = x.shape
        second = torch.zeros_like(weights.bias) if weights.bias_hh is None else weights.bias_hh
        biases = torch.cat([self._ordered(weights.bias), self._ordered(second)])
        start = [state.unsqueeze(0) for state in before]
        inputs = [x, self._ordered(weights.ih).unsqueeze(0), self._ordered(weights.hh).unsqueeze(0),
                  biases.unsqueeze(0), None, *start]
        shapes = [(length, 1, rows, self.units), *((1, rows, self.units) for _ in start)]
        states, *ends = torch.onnx.ops.symbolic_multi_out(
            OPERATORS[self.gates], inputs, self._attributes(), dtypes=[x.dtype] * len(shapes), shapes=shapes,
            version=VERSION)
        after = tuple(end.squeeze(0) for end in ends)
        return (states.squeeze(1) if every else after[0]), after

    def _ordered(self, weight: Tensor) -> Tensor:
        return torch.cat([weight[place * self.units:(place + 1) * self.units] for place in ORDERS[self.gates]])

    def _attributes(self) -> dict[str, Any]:
        act, gate = self.layer.activation, self.layer.gate_activation
        used = {1: (act,), 3: (gate, act), 4: (gate, act, act)}[self.gates]
        found: dict[str, Any] = {"hidden_size": self.units, "activations": [NAMES[name] for name in used]}
        if sloped := [SLOPES[name] for name in used if name in SLOPES]:
            found["activation_alpha"], found["activation_beta"] = map(list, zip(*sloped))
        if self.gates == 3:
            found["linear_before_reset"] = int(self.resets_after)
        return found
