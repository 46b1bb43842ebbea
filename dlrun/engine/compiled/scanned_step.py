"""An eager step whose LSTMs go over time in C: the rest of such a step is a few large operations of torch's."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from dlrun.engine.compiled import compiler
from dlrun.engine.compiled.recording import Unsupported
from dlrun.engine.compiled.scan import KINDS, CompiledLstm
from dlrun.engine.step import EagerStep
from dlrun.models.recurrent.cells import KerasCell
from dlrun.models.recurrent.scan import LstmScan

_TOLERANCE = 1e-3  # of a few steps against torch's


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
    made: dict[tuple[object, ...], CompiledLstm] = {}
    for cell, weight in compiled_cells(model):
        if weight.device.type != "cpu" or weight.dtype not in KINDS:
            raise Unsupported(f"a loop over time in {weight.dtype} on {weight.device.type}")
        if _kind(cell, weight) not in made:
            made[_kind(cell, weight)] = scan = CompiledLstm(*_kind(cell, weight), found)
            _compare(scan, cell, weight)
    for cell, weight in compiled_cells(model):
        cell.compiled = made[_kind(cell, weight)]
    return found[1]


def _kind(cell: KerasCell, weight: Tensor) -> tuple[int, str, str, torch.dtype]:
    act, gate = cell.activations
    return cell.units, act, gate, weight.dtype


def _compare(scan: CompiledLstm, cell: KerasCell, weight: Tensor) -> None:
    """Raises Unsupported where a few steps and their gradients are not torch's."""
    g = torch.Generator().manual_seed(0)
    units, rows = cell.units, 7
    given = [torch.randn(*shape, generator=g, dtype=weight.dtype)
             for shape in ((3, rows, 4 * units), (4 * units, units), (rows, units), (rows, units))]
    given[1] /= units ** 0.5
    results = []
    for way in (lambda z, w, h, c: LstmScan.apply(z, w, h, c, None, cell.act, cell.gate, True),
                lambda z, w, h, c: scan(z, w, h, c, True)):
        own = [value.clone().requires_grad_() for value in given]
        with torch.enable_grad():
            states, last = way(own[0] * 1, *own[1:])
            gradients = torch.autograd.grad(states.square().sum(), own)
        results.append([states.detach(), last, *gradients])
    for mine, torchs in zip(results[1], results[0]):
        if not torch.allclose(mine, torchs, rtol=_TOLERANCE, atol=_TOLERANCE * float(torchs.abs().max())):
            raise Unsupported("the compiled loop over time differs from torch's")
