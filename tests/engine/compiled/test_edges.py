"""Steps at the edges: odd widths, single rows, batches larger than the data, numbers that are none, wrong code."""

from __future__ import annotations

import pytest
import torch

from dlrun.engine.compiled import formulas, source
from dlrun.engine.compiled.comparison import compare, faint_biases
from dlrun.engine.compiled.recording import Unsupported
from dlrun.engine.compiled.step import CompiledStep
from dlrun.engine.fit import Diverged
from tests.engine.compiled.test_same_as_plain import apart, compiled
from tests.engine.packed.together import alone, distance, in_float64, make
from tests.helpers.compiler import needs_compiler

__all__ = ["in_float64"]
pytestmark = needs_compiler
EDGES = {
    "a last batch of one row, one unit": ["dataset=iris", "model.hidden=[1,3]", "batch_size=8", "train_size=41"],
    "a batch larger than the data": ["dataset=wine", "model.hidden=[7]", "batch_size=500", "train_size=50"],
    "widths that no vector fills": ["dataset=digits", "model.hidden=[17,3,1,2]", "batch_size=13", "train_size=60",
                                    "model.activation=tanh", "model.dropout=0.3"],
}


@pytest.mark.parametrize("name", EDGES)
def test_odd_shapes_in_float64(name: str, tmp_path, in_float64) -> None:
    command = ["model=dense", "optimizer=adam", "optimizer.lr=0.01", *EDGES[name], "epochs=40", "max_steps=50"]
    assert apart(tmp_path, command, in_float64) < 1e-10


@pytest.mark.parametrize("more", [[], ["model.activation=tanh"], ["task.loss=mse"]])
def test_a_run_that_diverges_does_so_in_the_same_steps(more: list[str], tmp_path) -> None:
    command = ["dataset=digits", "model=dense", "model.hidden=[9]", "batch_size=24", "epochs=3", "optimizer=sgd",
               "optimizer.lr=1e38", *more]
    ended = []
    for place, train in (("plain", alone), ("compiled", compiled)):
        runs = make(tmp_path / place, [command])
        with pytest.raises(Diverged) as diverged:
            train(runs)
        ended.append((diverged.value.first, diverged.value.last))
    assert ended[0] == ended[1]


def test_an_update_that_is_twice_as_large_is_seen(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of SGD is a thousandth of the weights."""
    command = ["dataset=digits", "model=dense", "model.hidden=[9]", "batch_size=24", "epochs=1", "optimizer=sgd",
               "optimizer.lr=0.0001"]
    monkeypatch.setattr(source, "_written", {})
    monkeypatch.setitem(formulas.FORMULAS, "addcmul", lambda a, b, c, value="": f"({a} + 2 * {b} * {c})")
    [(_, training)] = make(tmp_path, [command])
    with pytest.raises(Unsupported, match="differs from torch's"):
        CompiledStep(training.step, training.batches)


def test_one_infinite_number_hides_no_other() -> None:
    torchs = [torch.tensor([float("inf"), 1.0])]
    with pytest.raises(Unsupported):
        compare(["sums"], torchs, [torch.tensor([float("inf"), 2.0])], torchs)
    compare(["sums"], torchs, [torch.tensor([float("inf"), 1.0])], torchs)


def test_a_bias_whose_gradient_is_rounding_alone_may_go_another_way() -> None:
    """Adam takes a whole step by it; a bias with a gradient, a matrix and what is no number are not left out."""
    gradients = [torch.tensor([[0.3, 1e-9]]), torch.tensor([4e-8, 0.2]), torch.tensor([0.1])]
    faint = faint_biases([gradients])
    assert faint[0] is None and faint[1].tolist() == [True, False] and faint[2].tolist() == [False]
    assert faint_biases([gradients, [None, torch.tensor([0.1, 0.1]), None]])[1].tolist() == [False, False]
    kinds, start = ["model_weight"] * 3, [torch.zeros(1, 2), torch.zeros(2), torch.zeros(1)]
    torchs = [torch.tensor([[0.01, 0.01]]), torch.tensor([0.01, 0.01]), torch.tensor([0.01])]

    def other(place: int, element: int, value: float) -> list[torch.Tensor]:
        values = [one.clone() for one in torchs]
        values[place].view(-1)[element] = value
        return values

    compare(kinds, start, other(1, 0, -0.01), torchs, faint)
    for place, element, value in ((0, 1, -0.01), (1, 0, float("nan")), (1, 1, -0.01), (2, 0, -0.01)):
        with pytest.raises(Unsupported):
            compare(kinds, start, other(place, element, value), torchs, faint)


def test_rows_that_are_asked_for_ahead_change_no_bit(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ["dataset=digits", "model=dense", "model.hidden=[9]", "batch_size=24", "epochs=2", "train_size=300"]
    ahead, found, taken = source._ahead, [], []

    def noted(*given):
        taken.append(list(ahead(*given)))
        return taken[-1]

    monkeypatch.setattr(source, "_ahead", noted)
    for place, least in (("cached", 1 << 20), ("asked for", 0)):
        monkeypatch.setattr(source, "_CACHED", least)
        monkeypatch.setattr(source, "_written", {})
        found.append(compiled(make(tmp_path / place, [command])))
    assert not taken[0] and any("__builtin_prefetch" in line for line in taken[-1])
    assert distance(*found) == 0
