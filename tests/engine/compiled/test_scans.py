"""An LSTM or GRU whose loop over time is compiled trains as the plain one, to rounding; its own bits never change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from dlrun.engine.compiled import compiler
from dlrun.engine.compiled.gru_scan import CompiledGru, CompiledGruAfter
from dlrun.engine.compiled.scan import CompiledLstm
from dlrun.engine.compiled.scanned_step import ScannedStep, compiled_cells
from dlrun.models.recurrent.gru import GruAfterScan, GruScan
from dlrun.models.recurrent.link import GATES
from dlrun.models.recurrent.scan import LstmScan
from tests.engine.packed.together import alone, distance, in_float64, make, weights_of
from tests.helpers.compiler import needs_compiler
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run

__all__ = ["in_float64"]
pytestmark = needs_compiler
ROWS_AS_SERIES = ["dataset=digits_rows", "train_size=200", "batch_size=30", "epochs=9", "max_steps=40",
                  "optimizer.lr=0.01"]
LSTM = ["model=lstm", "model.units=[7]"]
GRU = ["model=gru", "model.units=[7]"]
CASES = {
    "one layer": LSTM,
    "two layers, both ways": ["model=bilstm", "model.units=[6,5]"],
    "other activations": [*LSTM, "model.activation=relu", "model.recurrent_activation=sigmoid"],
    "dropped inputs": [*LSTM, "model.dropout=0.3"],
    "many units": ["model=lstm", "model.units=[40]"],
    "a gru": GRU,
    "a gru that resets after the product": [*GRU, "model.reset_after=true"],
    "dropped states": [*LSTM, "model.dropout=0.3", "model.recurrent_dropout=0.4"],
    "a gru of dropped states": [*GRU, "model.recurrent_dropout=0.3"],
    "a gru that resets after the product, of dropped states": [*GRU, "model.reset_after=true",
                                                               "model.recurrent_dropout=0.3"],
    "two grus, one of dropped states": ["model=sequential", "model.layers=[{gru:{units:7,recurrent_dropout:0.4,"
                                        "return_sequences:true}},{gru:{units:7}},{dense:out}]"],
    "grus both ways, of dropped inputs": [*GRU, "model.units=[6,5]", "model.bidirectional=concat", "model.dropout=0.3",
                                          "model.recurrent_activation=sigmoid"],
}


def dropped(gates: int, rows: int, units: int) -> torch.Tensor:
    """Masks that keep states small: by growing ones rounding errors would grow too."""
    kept = torch.rand(gates, rows, units, generator=torch.Generator().manual_seed(5), dtype=torch.float64) > 0.3
    return kept.double() * 0.9


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("size", [(7, 13, 5), (3, 6, 16), (20, 1, 33), (1, 64, 32)], ids=str)
def test_states_and_gradients_are_those_of_the_plain_scan(size: tuple[int, int, int], every: bool,
                                                          masked: bool) -> None:
    length, rows, units = size
    for act, gate in (("tanh", "hard_sigmoid"), ("relu", "sigmoid"), ("linear", "tanh")):
        scan = CompiledLstm(units, act, gate, torch.float64, compiler.find(), masked)
        mask = dropped(4, rows, units) if masked else None
        g = torch.Generator().manual_seed(units)
        given = [torch.randn(*shape, generator=g, dtype=torch.float64)
                 for shape in ((length, rows, 4 * units), (4 * units, units), (rows, units), (rows, units))]
        given[1] /= units ** 0.5
        factor, results = torch.randn(length if every else 1, rows, units, generator=g, dtype=torch.float64), []
        for way in (lambda z, *rest: LstmScan.apply(z, *rest, mask, GATES[act], GATES[gate], every),  # noqa: B023
                    lambda *rest: scan(*rest, mask, every)):  # noqa: B023
            own = [value.clone().requires_grad_() for value in given]
            states, last = way(own[0] * 1, *own[1:])
            results.append([states.detach(), last, *torch.autograd.grad((states * factor).sum(), own)])
        for mine, torchs in zip(*results):
            torch.testing.assert_close(mine, torchs, rtol=1e-12, atol=1e-12 * float(torchs.abs().max()))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("size", [(7, 13, 5), (3, 6, 16), (20, 1, 33), (1, 64, 32)], ids=str)
def test_those_of_a_gru_are_too(size: tuple[int, int, int], every: bool, after: bool, masked: bool) -> None:
    length, rows, units = size
    kind, plain = (CompiledGruAfter, GruAfterScan) if after else (CompiledGru, GruScan)
    for act, gate in (("tanh", "hard_sigmoid"), ("relu", "sigmoid")):
        scan = kind(units, act, gate, torch.float64, compiler.find(), masked)
        mask = dropped(3, rows, units) if masked else None
        g = torch.Generator().manual_seed(units)
        given = [torch.randn(*shape, generator=g, dtype=torch.float64) for shape in (
            (length, rows, 3 * units), (3 * units, units), *([(3 * units,)] if after else []), (rows, units))]
        given[1] /= units ** 0.5
        factor, results = torch.randn(length if every else 1, rows, units, generator=g, dtype=torch.float64), []
        for way in (lambda *values: plain.apply(*values, mask, GATES[act], GATES[gate], every),  # noqa: B023
                    lambda *values: scan(*values, mask, every)):  # noqa: B023
            own = [value.clone().requires_grad_() for value in given]
            states = way(own[0] * 1, *own[1:])
            results.append([states.detach(), *torch.autograd.grad((states * factor).sum(), own)])
        for mine, torchs in zip(*results):
            torch.testing.assert_close(mine, torchs, rtol=1e-12, atol=1e-12 * float(torchs.abs().max()))


def scanned(runs: list) -> list:
    """The weights at the end of runs whose loops were compiled."""
    for _, training in runs:
        assert any(compiled_cells(training.step.model))
        training.step = ScannedStep(training.step)
    return alone(runs)


@pytest.mark.parametrize("name", CASES)
def test_training_in_float64_ends_with_the_same_weights(name: str, tmp_path: Path, in_float64) -> None:
    command = [*ROWS_AS_SERIES, *CASES[name]]
    plain = make(tmp_path / "plain", [command], in_float64)
    start = weights_of(plain)
    expected = alone(plain)
    assert distance(expected, start) > 0.01, "nothing has moved"
    assert distance(scanned(make(tmp_path / "scanned", [command], in_float64)), expected) < 1e-10


def path_of(outcome) -> str:
    return json.loads((outcome.folder / "provenance.json").read_text())["speed_path"]


@pytest.mark.parametrize("layer", [LSTM, GRU], ids=lambda words: words[0])
def test_an_interrupted_run_ends_with_the_same_bits_and_goes_on_compiled(layer: list[str], go) -> None:
    command = [*ROWS_AS_SERIES, *layer]
    whole = go(*command, "speed=compiled", "output_dir=whole")
    assert path_of(whole).startswith("compiled scans by ")
    with signalled_after(13):
        assert go(*command, "speed=compiled", "output_dir=parts").result["status"] == "interrupted"
    parts = go(*command, "output_dir=parts")  # speed=plain, as nobody need have typed
    assert path_of(parts).startswith("compiled scans by ")
    assert_same_run(whole.folder, parts.folder)
    plain = go(*command, "output_dir=plain")
    assert path_of(plain).startswith("eager") and plain.folder.name == whole.folder.name
    assert whole.result["val"]["loss"] == pytest.approx(plain.result["val"]["loss"], rel=1e-3)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", [CompiledLstm, CompiledGru, CompiledGruAfter])
def test_more_threads_change_no_bit_of_a_scan(kind: type, masked: bool) -> None:
    scan = kind(32, "tanh", "hard_sigmoid", torch.float32, compiler.find(), masked)
    gates = 4 if kind is CompiledLstm else 3
    mask = dropped(gates, 50, 32).float() if masked else None
    g = torch.Generator().manual_seed(0)
    z = torch.randn(200, 50, gates * 32, generator=g)
    weight = torch.randn(gates * 32, 32, generator=g).mul_(0.1).requires_grad_()
    begin, found, before = torch.zeros(50, 32), [], torch.get_num_threads()
    rest = {CompiledLstm: (begin, begin), CompiledGru: (begin,), CompiledGruAfter: (torch.zeros(96), begin)}[kind]
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            made = scan(z.clone().requires_grad_() * 1, weight, *rest, mask, True)
            states, *last = made if isinstance(made, tuple) else (made,)
            torch.set_num_threads(1)  # the products of all steps at the end are torch's
            found.append([states.detach(), *last, *torch.autograd.grad(states.square().sum(), [weight])])
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(one, two) for one, two in zip(found[0], other))


def test_a_loop_that_torch_takes_differently_is_not_used(go, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.engine.compiled import scan_parts

    monkeypatch.setitem(scan_parts.ACTIVATIONS, "tanh", ("(TANH(x) * (real)1.1)", "1 - y * y"))
    assert path_of(go(*ROWS_AS_SERIES, *LSTM, "speed=compiled")).startswith("eager")


def test_torchs_own_cell_is_not_compiled(go) -> None:
    for layer in (LSTM, GRU):
        assert path_of(go(*ROWS_AS_SERIES, *layer, "model.cell=fast", "speed=compiled", "max_steps=2")).startswith(
            "eager")


