"""A step that is recorded and launched again is the same step; here on the CPU, with a stand-in for CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dlrun.engine.fit import CHECK_EVERY, fit, fit_steps
from dlrun.engine.optimizers.adam import Adam
from dlrun.engine.packed import step as packed_step
from dlrun.engine.packed.graph_step import GraphStep
from dlrun.engine.packed.graphs import WARM, Replays
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.pack import execute_together
from dlrun.engine.packed.places import PlaceBatches
from dlrun.record.metrics import read
from dlrun.record.recorder import Recorder
from tests.engine.packed.test_same_as_alone import CASES, DIGITS, MEMBERS, OPTIMIZERS, commands
from tests.engine.packed.together import Weights, alone, distance, in_float64, make, packed, weights_of
from tests.helpers.tape import tape

__all__ = ["in_float64"]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Steps are recorded; how often what was recorded has been done."""
    replays = [0]

    def capture(work: Callable[[], None]) -> Callable[[], None]:
        again = tape(work)

        def replay() -> None:
            replays[0] += 1
            again()

        return replay

    monkeypatch.setattr(packed_step, "capture_on", lambda device: capture)
    return replays


def together(folder: Path, own: list[list[str]], block: int = CHECK_EVERY) -> list[Weights]:
    runs = make(folder, own)
    for _, training in runs:
        training.batches = PlaceBatches(training.batches, block)
    ended = execute_together({slot: fit_steps(training) for slot, (_, training) in enumerate(runs)}, Layout(len(runs)))
    assert set(ended.values()) == {None}, ended
    return weights_of(runs)


def rows_of(folder: Path, count: int) -> list[dict[str, float]]:
    """The rows of metrics.jsonl of each, without times."""
    return [{key: value for key, value in row.items() if key != "seconds"}
            for number in range(count) for row in read(folder / str(number) / "metrics.jsonl")]


def as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are not recorded from here on, and have the operations of those that are."""
    monkeypatch.setattr(packed_step, "capture_on", lambda device: None)
    monkeypatch.setattr(Adam, "_kernel_mover", lambda self, device, decoupled: self.move)  # it reads numbers


def same_bits(tmp_path: Path, own: list[list[str]], monkeypatch: pytest.MonkeyPatch, replays: list[int]) -> None:
    got = together(tmp_path / "recorded", own)
    assert replays[0] > 20
    as_they_stand(monkeypatch)
    assert distance(got, packed(make(tmp_path / "plain", own))) == 0
    assert rows_of(tmp_path / "recorded", len(own)) == rows_of(tmp_path / "plain", len(own))


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("two classes", "activations")])
def test_recorded_steps_have_the_bits_of_steps_as_they_stand(name: str, tmp_path, monkeypatch, recorded) -> None:
    common, members = CASES[name]
    same_bits(tmp_path, commands(*common, "max_steps=55", members=members), monkeypatch, recorded)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_can_be_recorded(name: str, tmp_path, monkeypatch, recorded) -> None:
    own = commands(f"optimizer={name}", "max_steps=40", members=MEMBERS, rate=OPTIMIZERS[name])
    same_bits(tmp_path, own, monkeypatch, recorded)


def test_members_at_other_steps_are_recorded_too(tmp_path, monkeypatch, recorded) -> None:
    found = []
    for place, block in (("recorded", CHECK_EVERY), ("plain", 1)):
        own = commands("model.dropout=0.2", members=[["seed=0", "max_steps=60"], ["seed=1", "max_steps=70"]])
        runs = make(tmp_path / place, own)
        runs[1][1].max_steps = 17
        fit(runs[1][1])
        runs = make(tmp_path / place, own)
        runs[1][1].checkpoints.load()
        runs[1][1].clock.epoch = 0  # max_steps has closed an epoch that has steps left
        for _, training in runs:
            training.batches = PlaceBatches(training.batches, block)
        ended = execute_together({slot: fit_steps(one) for slot, (_, one) in enumerate(runs)}, Layout(2))
        assert set(ended.values()) == {None}
        found.append(weights_of(runs))
        as_they_stand(monkeypatch)
    assert recorded[0] > 20 and distance(*found) == 0


def test_where_recording_fails_a_run_hears_it_once_and_goes_on(tmp_path, monkeypatch) -> None:
    def fails(work: Callable[[], None]) -> Callable[[], None]:
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nmore of it")

    own = commands("max_steps=60", members=MEMBERS)
    heard: list[str] = []
    monkeypatch.setattr(Recorder, "note", lambda self, text: heard.append(text))
    monkeypatch.setattr(packed_step, "capture_on", lambda device: fails)
    got = together(tmp_path / "fails", own)
    as_they_stand(monkeypatch)
    assert distance(got, packed(make(tmp_path / "plain", own))) == 0
    assert heard == 2 * ["steps are no CUDA graph, and are launched kernel by kernel: CUDA error: operation not "
                         "permitted when stream is capturing"]


def graphed(folder: Path, own: list[list[str]], change: Callable = lambda components: None) -> list:
    runs = make(folder, own, change)
    for _, training in runs:
        step = GraphStep(training.step, training.batches, pytest.fail)
        training.step, training.batches = step, step.batches
        training.checkpoints.components["step"] = step
    return runs


def test_one_run_as_graphs_is_the_run_as_it_is_alone(tmp_path, recorded, in_float64) -> None:
    own = commands("model.dropout=0.2", "model.l2=0.001", "schedule=cosine", "max_steps=200", members=MEMBERS)
    expected = alone(make(tmp_path / "plain", own, in_float64))
    assert distance(alone(graphed(tmp_path / "graphs", own, in_float64)), expected) < 1e-10
    assert recorded[0] > 300


def test_one_run_as_graphs_resumes_with_the_same_bits(tmp_path, recorded) -> None:
    own = [[*DIGITS, "model.dropout=0.2", "optimizer=rmsprop", "max_steps=90"]]
    [whole] = alone(graphed(tmp_path / "whole", own))
    [(_, first)] = graphed(tmp_path / "parts", own)
    first.step.one_by_one()
    for number, _ in enumerate(steps := fit_steps(first)):
        run, batch = _
        run.step(batch, run.clock.step)
        if number == 36:  # in the midst of an epoch
            first.clock.step += 1
            first.checkpoints.save(first.clock.epoch, first.clock.step)
            break
    steps.close()
    again = graphed(tmp_path / "parts", own)
    again[0][1].checkpoints.load()
    assert again[0][1].clock.step == 37
    assert distance(alone(again), [whole]) == 0


@pytest.mark.parametrize("work", [
    lambda x: x.sum().item(), lambda x: x.add_(torch.tensor([1.0])), lambda x: x.normal_(),
    lambda x: x.masked_select(x > 0)])
def test_what_a_graph_cannot_hold_is_done_as_it_stands(work: Callable[[torch.Tensor], object]) -> None:
    replays = Replays(tape)
    for _ in range(WARM + 2):
        replays("key", lambda x: (work(x), None)[1], [torch.ones(3)])
    assert replays.failed is not None and "capturing" in replays.failed


def test_recorded_work_is_not_executed_and_reads_its_own_memory() -> None:
    replays, total = Replays(tape), torch.zeros(2)

    def work(x: torch.Tensor) -> None:
        total.add_((x * 2)[:2])

    for number in range(6):
        replays("key", work, [torch.full((3,), float(number))])
    assert total.tolist() == [30.0, 30.0] and replays.failed is None
