"""An eager step whose LSTMs and GRUs go over time in C: the rest of it is a few large operations of torch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from dlrun.engine.compiled import compiler
from dlrun.engine.compiled.gru_scan import CompiledGru, CompiledGruAfter
from dlrun.engine.compiled.recording import Unsupported
from dlrun.engine.compiled.scan import CompiledLstm
from dlrun.engine.compiled.scan_library import KINDS
from dlrun.engine.step import EagerStep
from dlrun.models.recurrent.cells import KerasCell
from dlrun.models.recurrent.gru import GruAfterScan, GruScan
from dlrun.models.recurrent.scan import LstmScan

_TOLERANCE = 1e-3  # of a few steps against torch's
Scan = Callable[..., Any]
# By a cell's gates and whether it resets after the product: the compiled scan and the one that it stands for.
_FORMS: dict[tuple[int, bool], tuple[Callable[..., Scan], Any]] = {
    (4, False): (CompiledLstm, LstmScan), (3, False): (CompiledGru, GruScan),
    (3, True): (CompiledGruAfter, GruAfterScan)}


def compiled_cells(model: nn.Module) -> Iterator[tuple[KerasCell, Tensor]]:
    """The cells of a network whose loops may be compiled, with the recurrent weights of each."""
    for module in model.modules():
        cell = getattr(module, "cell", None)
        if isinstance(cell, KerasCell) and cell.compiles:
            yield cell, module.get_parameter("weight_hh")


class ScannedStep(EagerStep):
    """The step of `eager` with compiled loops in its network.

    Raises Unsupported and `compiler.NoCompiler`, whose texts say why the steps have to be plain.
    """

    def __init__(self, eager: EagerStep):
        vars(self).update(vars(eager))
        self.executed = f"compiled scans by {compile_scans(self.model)}"


def compile_scans(model: nn.Module) -> str:
    """Let a network's cells train by compiled loops, where all of them can; how the compiler names itself."""
    found = compiler.find()
    made: dict[tuple[object, ...], Scan] = {}
    for cell, weight in compiled_cells(model):
        if weight.device.type != "cpu" or weight.dtype not in KINDS:
            raise Unsupported(f"a loop over time in {weight.dtype} on {weight.device.type}")
        if (key := _kind(cell, weight)) not in made:
            kind = _FORMS[cell.gates, cell.resets_after][0]
            made[key] = scan = kind(cell.units, *cell.activations, weight.dtype, found, cell.drops_states)
            _compare(scan, cell, weight)
    for cell, weight in compiled_cells(model):
        cell.compiled = made[_kind(cell, weight)]
    return found[1]


def _kind(cell: KerasCell, weight: Tensor) -> tuple[object, ...]:
    return cell.gates, cell.resets_after, cell.drops_states, cell.units, *cell.activations, weight.dtype


def _compare(scan: Scan, cell: KerasCell, weight: Tensor) -> None:
    """Raises Unsupported where a few steps and their gradients are not torch's."""
    g = torch.Generator().manual_seed(0)
    wide, state = cell.gates * cell.units, (7, cell.units)
    biases = [(wide,)] if cell.resets_after else []
    given = [torch.randn(*shape, generator=g, dtype=weight.dtype)
             for shape in ((3, *state[:1], wide), (wide, cell.units), *biases, *[state] * len(cell.states))]
    given[1] /= cell.units ** 0.5
    mask = torch.rand(cell.gates, *state, generator=g, dtype=weight.dtype) if cell.drops_states else None
    plain, results = _FORMS[cell.gates, cell.resets_after][1], []
    for way in (lambda *values: plain.apply(*values, mask, cell.act, cell.gate, True),
                lambda *values: scan(*values, mask, True)):
        own = [value.clone().requires_grad_() for value in given]
        with torch.enable_grad():
            made = way(own[0] * 1, *own[1:])
            states, *last = made if isinstance(made, tuple) else (made,)
            gradients = torch.autograd.grad(states.square().sum(), own)
        results.append([states.detach(), *last, *gradients])
    for mine, torchs in zip(results[1], results[0]):
        if not torch.allclose(mine, torchs, rtol=_TOLERANCE, atol=_TOLERANCE * float(torchs.abs().max())):
            raise Unsupported("the compiled loop over time differs from torch's")
