"""Recurrent layers in files that load without dlrun: every cell, both ways, from any state, at any length."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dlrun.models.build import build
from dlrun.models.parse import parse
from dlrun.models.recurrent.exported import exported_cells
from dlrun.models.recurrent.module import Recurrent
from dlrun.models.step_rng import StepRng

FEATURES, UNITS, ROWS, LENGTH = 3, 4, 5, 240
CELLS = [
    {"rnn": {"activation": "linear"}}, {"rnn": {"cell": "fast", "activation": "relu"}},
    {"lstm": {"recurrent_dropout": 0.5, "dropout": 0.2}}, {"lstm": {"cell": "fast"}},
    {"lstm": {"activation": "linear", "recurrent_activation": "hard_sigmoid"}}, {"lstm": {"activation": "relu"}},
    {"gru": {}}, {"gru": {"recurrent_activation": "sigmoid", "activation": "sigmoid"}}, {"gru": {"reset_after": True}},
    {"gru": {"cell": "fast"}},
]
LAYERS = [
    {"rnn": {"reversed": True}}, {"lstm": {"bidirectional": "concat", "return_sequences": True}},
    {"gru": {"reset_after": True, "bidirectional": "sum"}},
]


@pytest.fixture(autouse=True)
def _no_trace_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """torch writes all that it traces to a logger that pytest would read."""
    monkeypatch.setattr(logging.getLogger("torch.__trace"), "propagate", False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Network(nn.Module):
    """What cells give from a state that is not zero, and what whole layers give."""

    def __init__(self, cells: list[dict], layers: list[dict]):
        super().__init__()
        self.cells, self.layers = nn.ModuleList(map(layer, cells)), nn.ModuleList(map(layer, layers))
        g = torch.Generator().manual_seed(0)
        for value in self.parameters():
            value.requires_grad_(False).normal_(0, 0.3, generator=g)  # larger ones would make chaos of a rounding
        self.eval()

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, ...]:
        found = [one(x) for one in self.layers]
        for one in self.cells:
            assert isinstance(one, Recurrent)
            before = (state, 0.5 * state)[:len(one.cell.states)]
            states, ends = one.cell(x.permute(2, 0, 1), one._weights(""), before, None, None, every=True)
            found += [states, *ends]
        return tuple(found)


def layer(item: dict) -> nn.Module:
    (word, fields), = item.items()
    return build(parse([{word: {"units": UNITS, **fields}}]), (FEATURES, LENGTH), seed=0, rng=StepRng(0, "cpu"))[0]


def inputs(rows: int = ROWS) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(rows)
    return torch.randn(rows, FEATURES, LENGTH, generator=g), torch.randn(rows, UNITS, generator=g)


def equal(made: Iterable[Tensor], own: tuple[Tensor, ...]) -> None:
    for place, (one, other) in enumerate(zip(made, own, strict=True)):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5), f"output {place}: {(one - other).abs().max()}"


ANY_ROWS = {0: torch.export.Dim("rows", min=1)}


def test_a_program_of_torchs_holds_each_cell_as_a_few_nodes_and_gives_what_it_gives(tmp_path: Path) -> None:
    network = Network(CELLS, LAYERS)
    cells = [one.cell for one in (*network.cells, *network.layers)]
    with torch.no_grad(), exported_cells(network, "torch"):
        program = torch.export.export(network, inputs(), dynamic_shapes=(ANY_ROWS, ANY_ROWS))
        torch.export.save(program, str(tmp_path / "cells.pt2"))
    assert [one.cell for one in (*network.cells, *network.layers)] == cells, "the network is as it was"
    assert len(program.graph.nodes) < 40 * len(cells)
    made = torch.export.load(str(tmp_path / "cells.pt2")).module()
    for rows in (ROWS, 1):
        equal(made(*inputs(rows)), network(*inputs(rows)))


def test_onnx_has_an_operator_for_each_cell_and_onnxruntime_gives_what_it_gives(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    network, path = Network(CELLS, LAYERS), tmp_path / "cells.onnx"
    with torch.no_grad(), exported_cells(network, "onnx"):
        program = torch.onnx.export(network, inputs(), dynamo=True, input_names=["x", "state"], verbose=False,
                                    dynamic_shapes=(ANY_ROWS, ANY_ROWS))
    kinds = [node.op_type for node in program.model_proto.graph.node]
    directions = sum(len(one.ways) for one in (*network.cells, *network.layers))
    assert sum(kind in ("RNN", "LSTM", "GRU") for kind in kinds) == directions and not {"Loop", "Scan"} & set(kinds)
    path.write_bytes(program.model_proto.SerializeToString())
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for rows in (ROWS, 1):
        x, state = inputs(rows)
        made = session.run(None, {"x": x.numpy(), "state": state.numpy()})
        equal(map(torch.from_numpy, made), network(x, state))
