"""Members of a pack are measured at once; each one's numbers are its own, whoever else is there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlrun.assembly.build_run import build_run
from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import choose
from dlrun.engine.fit import Fit, Interrupted, fit_steps
from dlrun.engine.packed.evaluation import Evaluation
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.member import Member
from dlrun.engine.packed.pack import execute_together
from dlrun.engine.signals import Signals
from dlrun.preflight.preflight import preflight
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.record.recorder import Recorder
from dlrun.run.build_fit import build_fit
from dlrun.run.shared_measurements import share_measurements
from tests.engine.packed.together import in_float64

__all__ = ["in_float64"]
DIGITS = ["dataset=digits", "model=dense", "model.hidden=[12]", "validation=300", "batch_size=64"]
Runs = dict[int, tuple[RunComponents, Fit]]


def made(folder: Path, words: list[str], slots: int = 3, places: tuple[int, ...] = (0, 1, 2)) -> Runs:
    found: Runs = {}
    data: dict[object, object] = {}
    layout = Layout(slots)
    for slot in places:
        checked = preflight([*words, f"seed={slot}", "device=cpu", "threads=1", "epochs=2",
                             "checkpoint_seconds=1000"])
        machine = choose(checked.config)
        components = build_run(checked, machine, print, data)
        training = build_fit(components, machine, RunFolder(folder / str(slot)).make(), "anid", Signals(), Recorder())
        training.extras = ()
        member = Member(slot, layout, slots, data)
        member.join(training, components.model, components.rng)
        share_measurements(components, training, member)
        found[slot] = components, training
    return found


def values(runs: Runs, slot: int) -> dict[str, float]:
    components, training = runs[slot]
    assert components.val is not None
    return components.measure(components.val, training.step.cast)


def alone(runs: Runs, slot: int) -> dict[str, float]:
    components, training = runs[slot]
    components.beside = lambda: None
    return values(runs, slot)


def train(runs: Runs, slots: int = 3) -> dict[int, object]:
    return execute_together({slot: fit_steps(training) for slot, (_, training) in runs.items()}, Layout(slots))


def rows(folder: Path, slot: int) -> list[dict[str, float]]:
    return [{key: value for key, value in row.items() if key != "seconds"}
            for row in read(folder / str(slot) / "metrics.jsonl")]


NETWORKS = {
    "dense": (DIGITS, 1), "dropout": ([*DIGITS, "model.dropout=0.3"], 1),
    "batch norm": ([*DIGITS, "model.batch_norm=true"], 1),
    "metrics of all rows": ([*DIGITS, "task.metrics=[f1,top5_accuracy]"], 1),
    "two classes": (["dataset=breast_cancer", "model=dense", "model.hidden=[5]"], 1),
    "numbers": (["dataset=diabetes", "model=dense", "model.hidden=[5]"], 1),
    "autoencoder": (["dataset=digits", "model=autoencoder", "model.hidden=[16]"], 1),
    "convolutions": (["dataset=digits", "model=cnn", "model.filters=[3]", "model.hidden=[6]"], 0),
    "what is drawn": (["dataset=digits", "model=vae", "model.hidden=[16]"], 0),
    "rows that the seed draws": ([*DIGITS, "validation={kind: holdout, size: 80, take: random}"], 0),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_measured_together_is_what_is_measured_alone(name: str, tmp_path, in_float64, monkeypatch) -> None:
    words, together = NETWORKS[name]
    passes = [0]
    measured = Evaluation._measured

    def counted(*given):
        found = measured(*given)
        passes[0] += 1
        return found

    monkeypatch.setattr(Evaluation, "_measured", counted)
    runs = made(tmp_path, words)
    for components in {id(components.val): components for components, _ in runs.values()}.values():
        in_float64(components)
    for components, _ in runs.values():
        components.model.double()
    found = {slot: values(runs, slot) for slot in runs}
    assert passes[0] == together, "one pass for all, or none"
    for slot, own in found.items():
        assert own == pytest.approx(alone(runs, slot), rel=1e-10) and own != found[(slot + 1) % 3]


def test_a_members_numbers_have_the_same_bits_whoever_is_there_and_whatever_they_do(tmp_path) -> None:
    all_of_them = made(tmp_path / "all", DIGITS)
    expected = values(all_of_them, 1)
    assert values(made(tmp_path / "one", DIGITS, places=(1,)), 1) == expected
    runs = made(tmp_path / "broken", DIGITS)
    with torch.no_grad():
        for weight in runs[0][0].model.parameters():
            weight.fill_(float("nan"))
    assert values(runs, 1) == expected
    assert values(runs, 0)["loss"] != values(runs, 0)["loss"]


def test_what_was_measured_for_all_is_forgotten_when_a_step_was_taken(tmp_path) -> None:
    runs = made(tmp_path, DIGITS)
    values(runs, 0)
    components, training = runs[1]
    with torch.no_grad():
        for weight in components.model.parameters():
            weight.add_(0.1)
    training.totals.rows += 64  # as a step counts them
    assert values(runs, 1) == pytest.approx(alone(runs, 1), rel=1e-5)


def test_a_pack_that_is_stopped_before_an_epoch_is_measured_ends_with_the_same_bits(tmp_path, monkeypatch) -> None:
    whole = made(tmp_path / "whole", DIGITS)
    assert set(train(whole).values()) == {None}
    runs = made(tmp_path / "halves", DIGITS)
    with monkeypatch.context() as stopped:
        def stop() -> None:
            raise Interrupted

        for components, _ in runs.values():
            stopped.setattr(components, "before_batch", stop)
        assert {type(outcome) for outcome in train(runs).values()} == {Interrupted}
    runs = made(tmp_path / "halves", DIGITS)
    for _, training in runs.values():
        training.checkpoints.load()
        assert training.clock.epoch == 0 and training.clock.step == training.steps_per_epoch
    assert set(train(runs).values()) == {None}
    for slot in runs:
        assert rows(tmp_path / "halves", slot) == rows(tmp_path / "whole", slot)
        assert len(rows(tmp_path / "whole", slot)) == 2
