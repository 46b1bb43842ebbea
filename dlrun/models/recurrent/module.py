"""Recurrent layers: directions, dropout, masks and states around the cells of `cells`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dlrun.models.kernel import Kernel, WithKernels
from dlrun.models.layers.dropout_module import Dropout
from dlrun.models.recurrent.cells import CellWeights, RecurrentCell, make_cell
from dlrun.models.recurrent.masking import Padding, Skips
from dlrun.models.recurrent.spec import Recurrent as Spec
from dlrun.models.shapes import Shape
from dlrun.models.step_rng import StepRng

WAYS = ("", "_reverse")  # ends of the parameters' names, PyTorch's


class Recurrent(WithKernels):
    """(rows, features, length) to (rows, units) or, with `return_sequences`, (rows, units, length).

    Parameters are those of PyTorch's modules, gates in its order: ``weight_ih`` (gates * units, features),
    ``weight_hh`` (gates * units, units), ``bias`` (gates * units,), for the second direction with ``_reverse``.  Where
    PyTorch has two biases that are only ever added Keras has one, and so has this; a GRU that resets after the product
    needs both and has ``bias_hh`` too.
    """

    padding: Padding | None = None
    turned = False  # whether the padding is that of the sequence from its end

    def __init__(self, layer: Spec, shape: Shape, rng: StepRng):
        super().__init__()
        self.units, self.features = layer.units, shape[0]
        self.every, self.backwards, self.stateful = layer.return_sequences, layer.reversed, layer.stateful
        self.ways = WAYS if layer.bidirectional != "none" else WAYS[:1]
        self.add = layer.bidirectional == "sum"
        self.cell: RecurrentCell = make_cell(layer)
        self.dropout = Dropout(layer.dropout, rng) if layer.dropout else None
        self.recurrent_dropout = Dropout(layer.recurrent_dropout, rng) if layer.recurrent_dropout else None
        self.evaluated: dict[str, Tensor] = {}  # states of an evaluation, apart from those of training
        self.kernels: dict[str, Kernel] = {}
        self.inits: dict[str, str] = {}
        self.shown = layer.text()
        for way in self.ways:
            self._make(layer, way)

    def _make(self, layer: Spec, way: str) -> None:
        wide = layer.gates * layer.units
        for name, columns, rule in ((f"weight_ih{way}", self.features, None),
                                    (f"weight_hh{way}", layer.units, layer.recurrent_init or "orthogonal")):
            self.register_parameter(name, nn.Parameter(torch.empty(wide, columns)))
            self.kernels[name] = Kernel(columns, wide, torch_in=layer.units)
            if rule is not None and (layer.recurrent_init or layer.init != "torch"):
                self.inits[name] = rule
        for name in (f"bias{way}", f"bias_hh{way}")[:layer.biases]:
            self.register_parameter(name, nn.Parameter(torch.empty(wide)))
            self.inits[name] = layer.bias_rule
        if layer.fast and layer.biases == 1:  # PyTorch's second bias, constant
            self.register_buffer(f"bias_hh{way}", torch.zeros(wide), persistent=False)
        if self.stateful:
            for state in self.cell.states:
                self.register_buffer(f"{state}{way}", torch.zeros(0, layer.units))

    def forward(self, x: Tensor) -> Tensor:
        skips = None if self.padding is None else self.padding.skips
        if skips is not None and self.turned != self.backwards:
            skips = skips.turned
        steps = x.permute(2, 0, 1)  # (length, rows, features): a step's rows lie together
        if self.backwards:
            steps = steps.flip(0)
        ends = [self._run(steps, skips, "")]
        if len(self.ways) == 2:
            end = self._run(steps.flip(0), None if skips is None else skips.turned, "_reverse")
            ends.append(end.flip(0) if self.every else end)
        y = ends[0] if len(ends) == 1 else ends[0] + ends[1] if self.add else torch.cat(ends, -1)
        return y.permute(1, 2, 0) if self.every else y

    def _run(self, x: Tensor, skips: Skips | None, way: str) -> Tensor:
        """One direction; (length, rows, units), or (rows, units) for the last step alone."""
        if skips is not None:
            x = skips.pack(x)
        before = self._states(x, way)
        masks = self._masks(x)
        states, after = self.cell(x, self._weights(way), before, *masks, every=self.every or skips is not None)
        if self.stateful:
            self._keep(after, way)
        if skips is None:
            return states
        return skips.unpack(states) if self.every else skips.last(states)

    def _weights(self, way: str) -> CellWeights:
        return CellWeights(getattr(self, f"weight_ih{way}"), getattr(self, f"weight_hh{way}"),
                           getattr(self, f"bias{way}"), getattr(self, f"bias_hh{way}", None))

    def _masks(self, x: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Of the inputs (gates, rows, features) and of the state (gates, rows, units), drawn in this order.

        The gates are in the order of the loops: an LSTM's g, i, f, o, a GRU's r, z, n.
        """
        return tuple(  # type: ignore[return-value]
            drop.mask(x.new_empty(count, x.shape[1], size), axis=1) if drop is not None and self.training else None
            for drop, count, size in ((self.dropout, self.cell.input_masks, self.features),
                                      (self.recurrent_dropout, self.cell.gates, self.units)))

    def _states(self, x: Tensor, way: str) -> tuple[Tensor, ...]:
        """What the rows begin with.  Of fewer rows than the batch before, those begin where its first rows ended."""
        rows, found = x.shape[1], []
        for state in self.cell.states:
            stored = self._stored(state + way)
            if stored is None or not len(stored):
                found.append(x.new_zeros(rows, self.units))
            elif rows > len(stored):
                raise ValueError(f"a stateful layer got {rows} rows after {len(stored)}: expected batches of one "
                                 "size, or a smaller last one")
            else:
                found.append(stored[:rows].to(x.dtype))
        return tuple(found)

    def _stored(self, name: str) -> Tensor | None:
        if not self.stateful:
            return None
        return getattr(self, name) if self.training else self.evaluated.get(name)

    def _keep(self, after: tuple[Tensor, ...], way: str) -> None:
        for state, value in zip(self.cell.states, after):
            name, value = state + way, value.detach().clone()  # not the memory of all steps
            stored = self._stored(name)
            if stored is not None and len(stored) > len(value):
                value = torch.cat([value, stored[len(value):].to(value.dtype)])
            if self.training:
                setattr(self, name, value)
            else:
                self.evaluated[name] = value

    def reset_states(self) -> None:
        """Forget what was carried over; the next batch starts from zeros and may have any number of rows."""
        self.evaluated = {}
        if self.stateful:
            for name in (state + way for state in self.cell.states for way in self.ways):
                setattr(self, name, getattr(self, name).new_zeros(0, self.units))

    def train(self, mode: bool = True) -> Recurrent:
        """An evaluation starts from zeros and leaves the states of training alone."""
        self.evaluated = {}
        super().train(mode)
        return self

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        for name in list(self._buffers):  # states have as many rows as the batch that left them
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, getattr(self, name).new_empty(stored.shape))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _apply(self, *args: Any, **kwargs: Any) -> Recurrent:
        super()._apply(*args, **kwargs)
        self.cell.settle([self._weights(way) for way in self.ways])
        return self

    def extra_repr(self) -> str:
        return f"{self.features} to {self.shown}"
