"""Rows that are zeros for the most part train as what is not zero of them, with the numbers of dense products."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dlrun.data.nonzero import nonzero_of
from dlrun.engine.compiled import program
from dlrun.engine.compiled.recording import Recording, Unsupported, storage
from dlrun.engine.compiled.source import Argument, source
from dlrun.engine.compiled.sparse import sparse_product
from dlrun.engine.compiled.sparse_rows import SparseRows
from dlrun.engine.compiled.step import CompiledStep
from tests.engine.compiled.test_evaluation import compare
from tests.engine.compiled.test_same_as_plain import apart
from tests.engine.packed.together import in_float64, make
from tests.helpers.compiler import needs_compiler

__all__ = ["in_float64"]
WORDS = [f"word{number}" for number in range(300)]


@pytest.fixture
def bags(tmp_path: Path) -> list[str]:
    """Texts of ten words, some of them twice, in bags of 300."""
    draw = np.random.default_rng(0)
    for name, count in (("texts", 230), ("tests", 90)):
        lines = ["label,text"]
        for number in range(count):
            chosen = draw.integers(0, 150, 10) + (150 * (number % 2) if number % 3 else 0)
            words = [WORDS[each] for each in (*chosen, chosen[0])]
            lines.append(f"{'good' if number % 2 else 'poor'},{' '.join(words)}")
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    return ["dataset=labelled_text", f"dataset.path={tmp_path / 'texts.csv'}",
            f"dataset.test_path={tmp_path / 'tests.csv'}", "dataset.form=multi_hot",
            "dataset.num_words=400", "validation=30", "model=dense", "batch_size=24", "epochs=8"]


@pytest.fixture
def values(tmp_path: Path) -> list[str]:
    """Rows of 80 numbers, of which four are not zero."""
    draw = np.random.default_rng(1)
    x = np.zeros((200, 80), np.float32)
    for row in x:
        row[draw.choice(80, 4, replace=False)] = draw.normal(size=4)
    y = (x.sum(1) > 0).astype(np.int64)
    np.savez(tmp_path / "some.npz", x_train=x, y_train=y, x_test=x[:70], y_test=y[:70])
    return ["dataset=npz", f"dataset.path={tmp_path / 'some.npz'}", "dataset.scale=none", "validation=30",
            "model=dense", "batch_size=16", "epochs=8"]


@pytest.fixture
def products(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by the name of each product with such rows that is written in C."""
    written: list[str] = []

    def noted(*given: object) -> str:
        written.append(sparse_product(*given))  # type: ignore[arg-type]
        return written[-1]

    monkeypatch.setattr("dlrun.engine.compiled.matrices.sparse_product", noted)
    return written


@needs_compiler
@pytest.mark.parametrize("more", [["model.hidden=[16]"], ["model.hidden=[7,5]", "model.dropout=0.3"],
                                  ["model.hidden=[110]", "optimizer=adam"],
                                  ["model.hidden=[16]", "model.l2=0.01", "optimizer=momentum"]], ids=str)
def test_bags_of_words_in_float64(more: list[str], bags, tmp_path, in_float64, products) -> None:
    assert apart(tmp_path, [*bags, *more, "max_steps=60"], in_float64) < 1e-10
    assert len(products) >= 2  # forwards and backwards


@needs_compiler
def test_values_and_a_smaller_last_batch_in_float64(values, tmp_path, in_float64, products) -> None:
    assert apart(tmp_path, [*values, "model.hidden=[12]", "max_steps=60"], in_float64) < 1e-10
    assert len(products) == 4  # for two sizes of batches


@needs_compiler
def test_in_float32_weights_agree_to_rounding(bags, tmp_path, products) -> None:
    assert apart_in_float32(tmp_path, [*bags, "model.hidden=[20]", "max_steps=60"]) < 2e-4 and products


def apart_in_float32(tmp_path: Path, command: list[str]) -> float:
    from tests.engine.compiled.test_same_as_plain import compiled
    from tests.engine.packed.together import alone, distance

    expected = alone(make(tmp_path / "plain", [command]))
    return distance(compiled(make(tmp_path / "compiled", [command])), expected)


@needs_compiler
def test_a_network_that_reads_its_inputs_twice_is_compiled_with_dense_rows(values, tmp_path, products) -> None:
    [(_, training)] = make(tmp_path, [[*values, "model=autoencoder", "model.hidden=[6]", "task=reconstruct"]])
    step = CompiledStep(training.step, training.batches)
    assert nonzero_of(training.batches.rows) is not None and products  # it was tried
    assert not any(made._turned for made in step._programs.values())


@needs_compiler
@pytest.mark.parametrize("kind", ["bags", "values"])
def test_an_evaluation_in_float64(kind: str, request, tmp_path, in_float64, monkeypatch, products) -> None:
    words = [word for word in request.getfixturevalue(kind) if not word.startswith("validation")]
    compare(tmp_path, [*words, "validation=90", "model.hidden=[12]"], in_float64, monkeypatch, 1e-10)
    assert len(products) % 2 == 1  # two for each size of batches that are trained on, one for those that are measured


def test_what_is_not_zero_of_rows(bags, values, tmp_path) -> None:
    for name, command in (("bags", bags), ("values", values)):
        [(components, _)] = make(tmp_path / name, [[*command, "model.hidden=[4]"]])
        found, rows = nonzero_of(components.train), components.train
        assert found is not None and nonzero_of(rows) is found
        dense = torch.zeros(rows.count, rows.range(0, 1)[0].shape[1])
        for row in range(rows.count):
            own = slice(int(found.starts[row]), int(found.starts[row + 1]))
            dense[row, found.columns[own].long()] = found.values[own]
        assert torch.equal(dense, rows.range(0, rows.count)[0])


def test_products_with_a_part_of_the_rows_are_no_sparse_ones() -> None:
    x, weight, total = torch.zeros(6, 40), torch.randn(8, 10), torch.zeros(6, 8)
    rows = SparseRows(x, torch.arange(6), *torch.zeros(3, 1, dtype=torch.int64))
    recording = Recording()
    with recording:
        total.add_(x[:, 5:15] @ weight.t())
    with pytest.raises(Unsupported, match="another product than a first layer's"):
        source(recording.operations, [Argument("weight", weight), Argument("total", total)], {storage(x): rows})


def test_zeros_at_the_beginning_do_not_decide_alone(tmp_path) -> None:
    x = np.ones((1000, 40), np.float32)
    x[:300] = 0
    np.savez(tmp_path / "some.npz", x=x, y=np.arange(1000) % 2)
    [(components, _)] = make(tmp_path, [["dataset=npz", f"dataset.path={tmp_path / 'some.npz'}", "dataset.scale=none",
                                         "shuffle=false", "validation=30", "model=dense", "model.hidden=[4]"]])
    assert nonzero_of(components.train) is None


def test_rows_with_many_values_are_left_dense(tmp_path) -> None:
    [(components, _)] = make(tmp_path, [["dataset=digits", "model=dense", "model.hidden=[4]"]])
    assert nonzero_of(components.train) is None


@needs_compiler
def test_weights_lie_in_memory_as_before(bags, tmp_path) -> None:
    [(_, training)] = make(tmp_path, [[*bags, "model.hidden=[16]"]])
    step = CompiledStep(training.step, training.batches)
    assert any(made._turned for made in step._programs.values()) and isinstance(step._programs[24], program.Program)
    assert all(weight.is_contiguous() for weight in training.step.model.parameters())
