"""Dense layers in a row are trained without a graph, with the bits that they have with one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlrun.engine import direct_chain
from tests.engine.packed.together import alone, make, weights_of

DIGITS = ["dataset=digits", "model=dense", "model.hidden=[12,8]", "batch_size=24", "epochs=2", "train_size=250"]
CASES = {
    "dropout": ["model.dropout=0.3", "model.input_dropout=0.1"],
    "tanh": ["model.activation=tanh", "optimizer=sgd"],
    "sigmoid": ["model.activation=sigmoid", "optimizer=rmsprop"],
    "clipped gradients and weights": ["optimizer.clip_norm=0.5", "model.max_norm=1"],
    "one class of two": ["dataset=breast_cancer"],
    "numbers, row by row": ["dataset=diabetes", "batch_size=1", "train_size=60"],
    "class weights": ["task.class_weights=balanced"],
    "several labels": ["dataset=discs", "task=multi_label"],
    "quantiles": ["dataset=diabetes", "task=quantile"],
    "one unit, one layer": ["model.hidden=[1]"],
    "a wide layer": ["model.hidden=[200]", "batch_size=64"],
}


def same(some: list, others: list) -> bool:
    return all(torch.equal(one[name], other[name]) for one, other in zip(some, others) for name in one)


@pytest.mark.parametrize("name", CASES)
def test_the_weights_have_the_bits_of_a_graphs(name: str, tmp_path: Path) -> None:
    command = [*DIGITS, *CASES[name]]
    with_graph, without = make(tmp_path / "graph", [command]), make(tmp_path / "direct", [command])
    with_graph[0][1].step._direct = None
    start = weights_of(without)
    found = alone(without)
    assert without[0][1].step._direct._checked, "the graph was used"
    assert not same(found, start) and same(found, alone(with_graph))
    rows = [(tmp_path / place / "0" / "metrics.jsonl").read_text() for place in ("graph", "direct")]
    assert [row.split('"train/')[1:] for row in rows[0].splitlines()] == [
        row.split('"train/')[1:] for row in rows[1].splitlines()]


@pytest.mark.parametrize("more", [["model.activation=gelu"], ["model.batch_norm=true"], ["model.l2=0.01"],
                                  ["optimizer.accumulate=2"], ["precision=bf16"], ["model=softmax", "model.l2=0.1"]],
                         ids=str)
def test_what_else_a_network_has_goes_through_a_graph(more: list[str], tmp_path: Path) -> None:
    assert make(tmp_path, [[*DIGITS, *more]])[0][1].step._direct is None


@pytest.mark.parametrize(("more", "graphs"), [(["max_steps=7"], 1), (["max_steps=7", "dataset=diabetes"], 1),
                                              (["max_steps=7", "dataset=breast_cancer"], 9)], ids=str)
def test_a_loss_whose_gradient_its_task_knows_needs_no_graph(more: list[str], graphs: int, tmp_path: Path,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    runs, asked, grad = make(tmp_path, [[*DIGITS, *more]]), [], torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *given, **named: asked.append(1) or grad(*given, **named))
    alone(runs)
    assert runs[0][1].step._direct._checked and len(asked) == graphs  # the first step is taken both ways


def test_a_layer_that_is_looked_into_later_is_heard(tmp_path: Path) -> None:
    dense = make(tmp_path, [DIGITS])[0][0].model.get_submodule("dense_1")
    x, heard = torch.randn(3, dense.in_features), []
    with torch.no_grad():
        expected = dense.by_hand(x)
        dense.register_forward_hook(lambda module, *given: heard.append(module))
        assert torch.equal(dense.by_hand(x), expected) and heard == [dense]


def test_where_one_bit_differs_the_graph_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [*DIGITS, "model.dropout=0.2"]
    expected = alone(make(tmp_path / "right", [command]))

    def slope(gradient: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
        return torch.ops.aten.threshold_backward(gradient, result, 0) * (1 + 2 ** -23)

    monkeypatch.setitem(direct_chain.SLOPES, "relu", slope)
    runs = make(tmp_path / "wrong", [command])
    assert same(alone(runs), expected) and runs[0][1].step._direct is None


def test_somebody_who_looks_into_the_network_hears_each_layer_once_a_step(tmp_path: Path) -> None:
    runs = make(tmp_path, [[*DIGITS, "max_steps=7"]])
    components, training = runs[0]
    assert training.step._direct is not None
    heard: list[str] = []
    for name in ("dense_1", "dense_3"):
        components.model.get_submodule(name).register_forward_hook(
            lambda module, *given, name=name: heard.append(name) if module.training else None)
    alone(runs)
    assert heard == ["dense_1", "dense_3"] * 7 and training.step._direct is None
