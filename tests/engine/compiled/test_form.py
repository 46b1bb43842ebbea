"""The C file of a step is written once for networks that differ in values alone, and for no others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlrun.engine.compiled import program, source
from dlrun.engine.compiled.form import Form
from dlrun.engine.compiled.recording import Operation, Recording
from dlrun.engine.compiled.step import CompiledStep
from tests.engine.packed.together import make
from tests.helpers.compiler import needs_compiler

NET = ["dataset=digits", "model=dense", "model.hidden=[12]", "batch_size=24", "train_size=240"]
OTHERS = [["model.hidden=[13]"], ["model.hidden=[12,12]"], ["model.activation=tanh"], ["model.dropout=0.2"],
          ["model.dropout=0.3"], ["model.l2=0.01"], ["model.l2=0.02"], ["optimizer=sgd"], ["optimizer.amsgrad=true"],
          ["optimizer.clip_norm=1"], ["optimizer.clip_norm=2"], ["batch_size=20"], ["task.class_weights=balanced"],
          ["task.loss=mse"], ["model.batch_norm=true"], ["dataset=iris", "train_size=100"]]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[source.Source, list, list]]:
    """The files of all steps that are compiled, with their operations and arguments."""
    found: list[tuple[source.Source, list, list]] = []
    real = source.source

    def noted(operations, arguments, zeros):
        found.append((real(operations, arguments, zeros), operations, arguments))
        return found[-1][0]

    monkeypatch.setattr(source, "_written", {})
    monkeypatch.setattr(program, "source", noted)
    return found


def compiled(folder: Path, *commands: list[str]) -> None:
    for _, training in make(folder, [[*NET, *command] for command in commands]):
        CompiledStep(training.step, training.batches)


@needs_compiler
def test_seeds_and_rates_share_a_file_that_is_the_one_they_would_have_alone(tmp_path: Path, written) -> None:
    compiled(tmp_path, [], ["seed=1"], ["seed=2", "optimizer.lr=0.1"])
    assert len(written) == 3 and len(source._written) == 1
    assert len({id(made.text) for made, _, _ in written}) == 1, "written once"
    for made, operations, arguments in written:
        fresh = source._write(operations, arguments, {})
        assert (fresh.text, fresh.bytes) == (made.text, made.bytes)
        assert [id(tensor) for tensor in fresh.constants] == [id(tensor) for tensor in made.constants]
        assert made.constants, "of each the rows that are its own"
    assert len({made.constants[0].data_ptr() for made, _, _ in written}) == 3


@needs_compiler
def test_a_file_is_not_that_of_another_network(tmp_path: Path, written) -> None:
    compiled(tmp_path / "first", [])
    compiled(tmp_path / "others", *OTHERS)
    first = {made.text for made, _, _ in written}
    assert len(first) == len(written) == len(source._written) == 3 + len(OTHERS), "of two the last batch is smaller"
    compiled(tmp_path / "again", *(["seed=3", *command] for command in OTHERS))
    for made, operations, arguments in written:
        assert made.text == source._write(operations, arguments, {}).text
    assert {made.text for made, _, _ in written} == first


def key(make_values) -> object:
    with (recording := Recording()):
        make_values()
    return Form(recording.operations, []).key


def test_what_has_another_form_has_another_key() -> None:
    def views():
        x = torch.ones(4)
        return x.view(2, 2) + x.view(2, 2)

    def memory_of_its_own():
        x, y = torch.ones(4), torch.ones(4)
        return x.view(2, 2) + y.view(2, 2)

    makers = [lambda: torch.ones(3) * 1, lambda: torch.ones(3) * 1.0, lambda: torch.ones(3) * True,
              lambda: torch.ones(3) * 0.0, lambda: torch.ones(3) * -0.0, lambda: torch.ones(3).double() * 1.0,
              lambda: torch.ones(3, 3).t() * 1.0, lambda: torch.ones(3, 3) * 1.0, lambda: torch.ones(4)[1:] * 1.0,
              lambda: torch.clamp(torch.ones(3), min=1.0), lambda: torch.clamp(torch.ones(3), max=1.0),
              views, memory_of_its_own]
    assert len({key(make_values) for make_values in makers}) == len(makers)
    assert all(key(make_values) == key(make_values) for make_values in makers)


def test_arguments_count_by_name_and_by_what_a_step_gets() -> None:
    x = torch.ones(3)
    operation = Operation("neg", [x], {}, [torch.ones(3)])
    keys = {Form([operation], [(given, tensor)]).key for given in (("x", 0, 0), ("y", 0, 0), ("x", 3, 0), ("x", 0, 3))
            for tensor in (x, torch.ones(3))}
    assert len(keys) == 8
