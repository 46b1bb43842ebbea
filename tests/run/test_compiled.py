"""Compiled steps through a whole run: interrupted, killed, resumed, refused."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dlrun.engine.compiled import step as compiled
from dlrun.engine.compiled.evaluation import CompiledEvaluation
from dlrun.engine.compiled.program import Program
from dlrun.record.recorder import Recorder
from dlrun.run.compiled import EVALUATED
from tests.helpers.compiler import needs_compiler
from tests.run.stops import Killed, signalled_after
from tests.sweep.sweeps import planned, run_here
from tests.whole.equal import assert_same_run

DENSE = ["dataset=digits", "model=dense", "model.hidden=[12]", "model.dropout=0.2", "batch_size=25", "epochs=4",
         "train_size=640", "early_stop=none"]
COMPILED = [*DENSE, "speed=compiled"]


class Notes(Recorder):
    """What the console would say at the start."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def start(self, run) -> None:
        self.said = list(run.notes)


@contextmanager
def after(step: int, then) -> Iterator[None]:
    """Something happens when step `step` has been taken."""
    took, came = compiled.CompiledStep.__call__, []

    def call(self, batch, number):
        took(self, batch, number)
        if number + self.taken >= step and not came:
            came.append(number)
            then()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled.CompiledStep, "__call__", call)
        yield
    assert came, f"the run never took step {step} compiled"


@contextmanager
def measured_by_programs() -> Iterator[list[int]]:
    """Gets how many rows are measured by compiled evaluations."""
    measure, measured = CompiledEvaluation.__call__, []

    def call(self, rows, *given):
        measured.append(rows.count)
        yield from measure(self, rows, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CompiledEvaluation, "__call__", call)
        yield measured


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def kill() -> None:
    raise Killed


def path_of(outcome) -> str:
    return json.loads((outcome.folder / "provenance.json").read_text())["speed_path"]


@needs_compiler
@pytest.mark.parametrize("words", [["model.hidden=[12]"], ["model.hidden=[160]"], ["model=vae", "model.hidden=[12]"]],
                         ids=["products by loops", "by torch's BLAS", "noise"])
def test_an_interrupted_and_a_killed_run_end_with_the_same_bits(words: list[str], go) -> None:
    command = [*COMPILED, *words]
    with measured_by_programs() as measured:
        whole = go(*command, "output_dir=whole")
    assert path_of(whole).startswith("compiled by ")
    assert len(measured) >= 4, "a measurement of validation rows was not compiled"
    with after(33, interrupt):
        assert go(*command, "output_dir=parts").result["status"] == "interrupted"
    # A checkpoint after every step: none of them is taken together with another, which changes no bit.
    with after(57, kill), pytest.raises(Killed):
        go(*command, "output_dir=parts", "checkpoint_seconds=0")
    parts = go(*command, "output_dir=parts")
    assert parts.result["status"] == "finished"
    assert_same_run(whole.folder, parts.folder)


@needs_compiler
def test_speed_changes_no_id_and_nearly_no_number(go) -> None:
    fast, plain = go(*COMPILED, "output_dir=fast"), go(*DENSE, "output_dir=plain")
    assert fast.folder.name == plain.folder.name and path_of(plain).startswith("eager")
    assert fast.result["val"]["loss"] == pytest.approx(plain.result["val"]["loss"], rel=1e-3)
    assert fast.result["train"]["accuracy"] == pytest.approx(plain.result["train"]["accuracy"], abs=0.01)


@needs_compiler
@pytest.mark.parametrize("began", ["plain", "compiled"])
def test_a_run_goes_on_as_it_began(began: str, go) -> None:
    other = {"plain": "compiled", "compiled": "plain"}[began]
    whole = go(*DENSE, f"speed={began}", "output_dir=whole")
    with signalled_after(40) if began == "plain" else after(40, interrupt):
        go(*DENSE, f"speed={began}", "output_dir=parts")
    notes = Notes()
    parts = go(*DENSE, f"speed={other}", "output_dir=parts", recorders=[notes])
    assert {"plain": "speed=compiled is not taken: the run began with plain steps, and others give other bits",
            "compiled": "the run goes on with compiled steps, as it began"}[began] in notes.said
    assert_same_run(whole.folder, parts.folder)


def test_without_a_compiler_a_sentence_and_plain_bits(go, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", str(tmp_path / "gone"))
    notes = Notes()
    found = go(*COMPILED, "output_dir=without", recorders=[notes])
    assert [note for note in notes.said if note.startswith("steps are not compiled: the compiler CC=")]
    assert_same_run(go(*DENSE, "output_dir=plain").folder, found.folder)


@needs_compiler
def test_a_step_that_torch_takes_differently_is_not_used(go, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.engine.compiled.formulas import FORMULAS

    monkeypatch.setattr("dlrun.engine.compiled.source._written", {})
    monkeypatch.setitem(FORMULAS, "relu", lambda a: f"({a} * (float)1.5)")  # as a wrong compiler might
    notes = Notes()
    found = go(*COMPILED, recorders=[notes])
    assert "steps are not compiled: what is compiled differs from torch's" in notes.said
    assert path_of(found).startswith("eager")


@needs_compiler
def test_a_bias_before_batch_norm_is_compiled_at_any_rate(go) -> None:
    """Its gradient is rounding alone, by which Adam takes whole steps, here another than torch's."""
    for rate in (0.001, 0.05):
        found = go(*COMPILED, "epochs=1", "model.batch_norm=true", f"optimizer.lr={rate}")
        assert path_of(found).startswith("compiled by "), rate


@needs_compiler
def test_a_measurement_that_torch_makes_differently_is_not_used(go, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.engine.compiled import batch_norm

    command = [*COMPILED, "model.batch_norm=true"]
    right = batch_norm._by_averages

    def wrong(low, operation) -> None:
        right(low, operation)
        at, cost = low.reader(operation.out)
        low.put(operation.out, lambda index: f"({at(index)} * (float)1.5)", cost)

    monkeypatch.setattr("dlrun.engine.compiled.source._written", {})
    monkeypatch.setattr(batch_norm, "_by_averages", wrong)
    notes = Notes()
    with measured_by_programs() as measured:
        found = go(*command, recorders=[notes])
    assert "evaluation is not compiled: what is compiled differs from torch's" in notes.said
    assert path_of(found).startswith("compiled by") and not measured


@needs_compiler
def test_a_signal_ends_a_measurement_which_is_made_again(go, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [*COMPILED, "epochs=2"]
    monkeypatch.setattr("dlrun.assembly.build_run._evaluate_batch", lambda *given: 32)
    whole = go(*command, "output_dir=whole")
    taken, blocks = Program.__call__, []

    def call(self, steps, changed, *given):
        taken(self, steps, changed, *given)
        if len(changed) > 2 and changed[2].dim() == 3:  # outputs of batches
            blocks.append(steps)
            if len(blocks) == 2:
                interrupt()

    with monkeypatch.context() as patch:
        patch.setattr(Program, "__call__", call)
        assert go(*command, "output_dir=parts").result["status"] == "interrupted"
    assert len(blocks) == 2 and sum(blocks) < 9, "it went on to the end"
    parts = go(*command, "output_dir=parts")
    assert_same_run(whole.folder, parts.folder)


@needs_compiler
def test_a_run_goes_on_with_the_evaluations_that_it_began_with(go, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*given) -> None:
        return None

    with monkeypatch.context() as patch:  # as where the compiler fails once
        patch.setattr("dlrun.run.compiled.compiled_evaluation", none)
        whole = go(*COMPILED, "output_dir=whole")
        with after(33, interrupt):
            assert go(*COMPILED, "output_dir=parts").result["status"] == "interrupted"
    with measured_by_programs() as measured:
        parts = go(*COMPILED, "output_dir=parts")
    assert not measured and EVALUATED not in path_of(parts)
    assert_same_run(whole.folder, parts.folder)
    assert EVALUATED in path_of(go(*COMPILED, "output_dir=other"))


def test_what_cannot_be_compiled_is_named(go) -> None:
    notes = Notes()
    found = go("dataset=digits", "model=cnn", "model.filters=[2]", "model.hidden=[4]", "epochs=1", "train_size=200",
               "speed=compiled", recorders=[notes])
    assert "speed=compiled is not taken: layer conv" in notes.said and path_of(found).startswith("eager")


@needs_compiler
def test_auto_compiles_long_runs_of_small_steps_alone(go, monkeypatch: pytest.MonkeyPatch) -> None:
    assert path_of(go(*DENSE, "speed=auto", "output_dir=short")).startswith("eager")
    monkeypatch.setattr("dlrun.preflight.speed.FEWEST", 50)
    monkeypatch.setattr("dlrun.run.trial._used", lambda: 0.0)  # a busy machine's compiler may need as long as the run
    long = [*DENSE, "epochs=100"]
    assert path_of(go(*long, "speed=auto", "output_dir=long")).startswith("compiled by")
    monkeypatch.setattr("dlrun.preflight.speed.LARGE", 10.0)
    assert path_of(go(*long, "speed=auto", "output_dir=large")).startswith("eager")


@needs_compiler
def test_a_job_of_a_sweep_has_the_bits_of_the_command_alone(go, tmp_path) -> None:
    plan = planned(tmp_path / "sweep", *COMPILED, "seed=0,1")
    assert run_here(plan) == 0
    for job, seed in zip(plan.jobs, (0, 1)):
        alone = go(*COMPILED, f"seed={seed}", f"output_dir=alone{seed}")
        assert path_of(alone).startswith("compiled by")
        assert_same_run(plan.run_folder(job), alone.folder)


@needs_compiler
def test_folds_are_compiled_too(go) -> None:
    found = go(*COMPILED, "validation={kind: kfold, k: 2}", "epochs=1")
    paths = [json.loads(path.read_text())["speed_path"] for path in found.folder.glob("folds/*/provenance.json")]
    assert len(paths) == 2 and all(path.startswith("compiled by") for path in paths)


@needs_compiler
def test_a_diverged_run_ends_at_the_same_step(go) -> None:
    found = [go(*DENSE, "optimizer=sgd", "optimizer.lr=1e30", f"speed={speed}", f"output_dir={speed}").result
             for speed in ("plain", "compiled")]
    assert found[0]["status"] == found[1]["status"] == "diverged"
    assert found[0]["steps"] == found[1]["steps"] and found[0]["stop_reason"] == found[1]["stop_reason"]
