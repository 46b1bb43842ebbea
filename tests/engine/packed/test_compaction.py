"""A pack that half of its members have left goes on with fewer places: the same runs, to rounding, and the same bits
wherever it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlrun.engine.fit import Diverged, Fit, Interrupted
from dlrun.engine.packed import step as packed_step
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.pack import execute_together
from dlrun.engine.packed.places import PlaceBatches
from dlrun.record.metrics import read
from tests.engine.packed.test_graphs import as_they_stand, recorded
from tests.engine.packed.test_same_as_alone import OPTIMIZERS
from tests.engine.packed.together import Weights, alone, distance, in_float64, make, member, packed, weights_of

__all__ = ["in_float64", "recorded"]
# Of such a network bits do depend on the number of places.  24 steps in an epoch, the last with fewer rows.
DIGITS = ["dataset=digits", "model=dense", "model.hidden=[7,30]", "model.dropout=0.2", "batch_size=3", "epochs=20",
          "train_size=89"]
ENDS = (33, 20, 60, 20, 90, 33)  # of six places two are left after 33 steps, one after 60


def commands(*common: str, ends: tuple[int, ...] = ENDS) -> list[list[str]]:
    return [[*DIGITS, *common, f"seed={seed}", f"max_steps={end}"] for seed, end in enumerate(ends)]


def told(runs: list[Any]) -> list[list[tuple[int, int, int]]]:
    """What each member is told of its place from here on: (step, places, its own)."""
    heard: list[list[tuple[int, int, int]]] = [[] for _ in runs]
    for (_, training), own in zip(runs, heard):
        training.placed = lambda *place, own=own: own.append(place)
    return heard



def test_members_hear_of_their_places(tmp_path: Path) -> None:
    runs = make(tmp_path, commands())
    heard = told(runs)
    packed(runs)
    assert heard == [[], [], [(33, 2, 0)], [], [(33, 2, 1), (60, 1, 0)], []]


QUICK = {"momentum", "adam", "rmsprop", "adadelta"}


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
                                  for name in OPTIMIZERS])
def test_every_optimizer_goes_on_with_its_state(name: str, tmp_path: Path, in_float64) -> None:
    own = commands(f"optimizer={name}", f"optimizer.lr={OPTIMIZERS[name]}")
    expected = alone(make(tmp_path / "alone", own, in_float64))
    runs = make(tmp_path / "pack", own, in_float64)
    heard = told(runs)
    assert distance(packed(runs), expected) < 1e-10
    assert [place[1] for place in heard[4]] == [2, 1]


CASES = {
    "batch norm": ["model.batch_norm=true", "batch_size=24", "train_size=700"],  # of 3 rows it enlarges every rounding
    "schedule": ["schedule=cosine", "schedule.warmup=30"],
    "plateau": ["schedule=plateau", "schedule.patience=1", "schedule.min_delta=10"],
    "penalties": ["model.l2=0.01", "model.max_norm=1", "optimizer.clip_norm=0.5"],
    "convolutions": ["model=cnn", "model.filters=[3]", "model.hidden=[6]"],
    "noise of a vae": ["model=vae", "model.hidden=[8]"],
    "other splits": ["validation={kind: holdout, size: 18, take: random}"],
}


@pytest.mark.parametrize("name", CASES)
def test_what_else_a_run_has_goes_on(name: str, tmp_path: Path, in_float64) -> None:
    own = commands(*CASES[name])
    expected = alone(make(tmp_path / "alone", own, in_float64))
    runs = make(tmp_path / "pack", own, in_float64)
    heard = told(runs)
    assert distance(packed(runs), expected) < 1e-10
    assert [place[1] for place in heard[4]] == [2, 1]
    for k in range(len(own)):
        single, pack = (read(tmp_path / place / str(k) / "metrics.jsonl") for place in ("alone", "pack"))
        for a, b in zip(single, pack, strict=True):
            assert {k: v for k, v in b.items() if k != "seconds"} == pytest.approx(
                {k: v for k, v in a.items() if k != "seconds"}, rel=1e-9, abs=1e-12)


def test_members_at_other_steps_go_on_with_their_bits(tmp_path: Path) -> None:
    """As after a kill: each has its own last checkpoint; two are done, and their ends are known."""
    own = commands()
    whole = packed(make(tmp_path / "whole", own))
    stops = (29, 20, 45, 20, 33, 17)
    for number, stop in enumerate(stops):
        runs = make(tmp_path / "parts", own)
        for other, (_, one) in enumerate(runs):
            one.max_steps = min(stop, ENDS[other])
            one.checkpoints.best_file.unlink(missing_ok=True)
            if other != number:
                one.checkpoints.save = lambda epoch, step: None
        packed(runs)
        assert runs[number][1].checkpoints.saved_step == stop
    runs = make(tmp_path / "parts", own)
    for _, training in runs:
        training.checkpoints.load()
        if training.clock.step not in ENDS or training.max_steps != training.clock.step:
            training.clock.epoch = training.clock.step // training.steps_per_epoch  # it was cut by max_steps
    assert [training.clock.step for _, training in runs] == [*stops]
    done = [slot for slot, stop in enumerate(stops) if stop == ENDS[slot]]
    left = [slot for slot in range(6) if slot not in done]
    got = packed([runs[slot] for slot in left], left, layout=Layout(6, {slot: ENDS[slot] for slot in done}))
    assert distance(got, [whole[slot] for slot in left]) == 0


def test_a_member_that_has_an_epoch_to_close_waits_for_those_behind(tmp_path: Path) -> None:
    """What is measured together is measured in the places of the last step; who has ended by then has to be known."""
    own = commands(ends=(40, 40))
    for number, stop in enumerate((24, 20)):
        runs = make(tmp_path, own)
        for other, (_, one) in enumerate(runs):
            one.max_steps = stop
            if other != number:
                one.checkpoints.save = lambda epoch, step: None
        packed(runs)
    runs = make(tmp_path, own)
    steps: list[int] = []
    for _, training in runs:
        training.checkpoints.load()
        training.clock.epoch = 0
    evaluate = runs[0][1].evaluate

    def heard(epoch: int) -> dict[str, float]:
        steps.append(runs[1][1].clock.step)
        return evaluate(epoch)

    runs[0][1].evaluate = heard
    assert [training.clock.step for _, training in runs] == [24, 20]
    packed(runs)
    assert [training.clock.step for _, training in runs] == [40, 40]
    assert len(steps) == 2 and steps[0] == 24, "not 20"


def test_a_member_that_diverges_touches_no_other(tmp_path: Path) -> None:
    """Its place is computed for nobody, and given up by nobody: others go on as if it were there."""
    whole = packed(make(tmp_path / "whole", commands(ends=(33, 20, 60, 20, 60, 60))))
    own = commands(ends=(33, 20, 60, 20, 60, 60))
    own[5].append("optimizer.lr=1e30")
    runs = make(tmp_path / "bad", own)
    heard, layout = told(runs), Layout(6)
    for _, training in runs:
        training.batches = PlaceBatches(training.batches, most=100)
    ended = execute_together({slot: member(layout, slot, training) for slot, (_, training) in enumerate(runs)}, layout)
    assert isinstance(ended.pop(5), Diverged) and set(ended.values()) == {None}
    assert heard[2] == [(33, 3, 0)], "two are trained, in three places"
    assert distance(weights_of(runs)[:5], whole[:5]) == 0


def test_a_fixed_pack_keeps_its_places(tmp_path: Path) -> None:
    runs = make(tmp_path / "fixed", commands())
    heard = told(runs)
    fixed = packed(runs, layout=Layout(6, fixed=True))
    assert not any(heard)
    [_, training] = runs[0]
    assert training.steps_per_epoch == 24
    apart = distance(fixed, packed(make(tmp_path / "other", commands())))
    assert apart < 1e-3
    if not apart:
        pytest.skip("on this processor bits do not depend on how many places a pack has: tests of bits prove less here")


def test_a_signal_ends_all_at_their_steps_and_they_go_on_with_their_bits(tmp_path: Path) -> None:
    """One that is ahead of others takes no step while these are saved: it would not know who ends meanwhile."""
    own = commands()
    whole = packed(make(tmp_path / "whole", own))

    def start(signal_at: int | None, ends: dict[int, int]) -> tuple[list[Any], dict[int, Any]]:
        runs, layout = make(tmp_path / "parts", own), Layout(6, ends)
        for _, training in runs:
            if training.checkpoints.last.is_file():
                training.checkpoints.load()
            training.batches = PlaceBatches(training.batches)
            if signal_at is not None:
                watched(training, signal_at)
        left = {slot: member(layout, slot, training) for slot, (_, training) in enumerate(runs) if slot not in ends}
        return runs, execute_together(left, layout)

    def watched(training: Fit, step: int) -> None:
        seeded = training.step.rng.seed_step

        def seed_step(number: int) -> None:
            seeded(number)
            if number == step:
                training.signals.received = 15

        training.step.rng.seed_step = seed_step

    runs, ended = start(31, {})
    assert {slot for slot, outcome in ended.items() if isinstance(outcome, Interrupted)} == {0, 2, 4, 5}
    assert [training.clock.step for _, training in runs] == [32, 20, 32, 20, 32, 32]
    ends = {1: 20, 3: 20}
    runs, ended = start(58, ends)
    assert {slot for slot, outcome in ended.items() if isinstance(outcome, Interrupted)} == {2, 4}
    runs, ended = start(None, ends | {0: 33, 5: 33})
    assert set(ended.values()) == {None}
    assert distance([weights_of(runs)[slot] for slot in (2, 4)], [whole[slot] for slot in (2, 4)]) == 0


def test_recorded_steps_are_recorded_again_after_a_compaction(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: list[int]) -> None:
    found: list[list[Weights]] = []
    captures: list[int] = []
    capture_on: Callable[[Any], Any] = packed_step.capture_on

    def counted(device: Any) -> Any:
        captures.append(1)
        return capture_on(device)

    monkeypatch.setattr(packed_step, "capture_on", counted)
    for place in ("recorded", "plain"):
        runs = make(tmp_path / place, commands())
        heard = told(runs)
        found.append(packed(runs))
        assert [step[1] for step in heard[4]] == [2, 1]
        as_they_stand(monkeypatch)
    assert len(captures) == 3 and recorded[0] > 60
    assert distance(*found) == 0


def _a_second_in_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("dlrun.engine.clock.time.monotonic", lambda: now[0])
    took = packed_step.PackedStep._step

    def slow(self: packed_step.PackedStep, *given: Any) -> None:
        took(self, *given)
        now[0] += 1

    monkeypatch.setattr(packed_step.PackedStep, "_step", slow)


def test_the_time_of_a_pack_is_that_of_its_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes in each step: it is shared by those that take it."""
    _a_second_in_each_step(monkeypatch)
    runs = make(tmp_path, commands())
    for _, training in runs:  # a step at a time: its end is its own
        training.batches.pace = lambda *seconds: None
    packed(runs)
    assert sum(training.clock.seconds for _, training in runs) == pytest.approx(90)
    assert runs[1][1].clock.seconds == pytest.approx(20 / 6)
    assert runs[4][1].clock.seconds == pytest.approx(20 / 6 + 13 / 4 + 27 / 2 + 30)


def test_only_members_that_are_behind_are_charged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _a_second_in_each_step(monkeypatch)
    own = commands(ends=(40, 40))
    runs = make(tmp_path, own)
    runs[0][1].max_steps = 30
    packed([runs[0]], [0], 2)
    runs = make(tmp_path, own)
    runs[0][1].checkpoints.load()
    runs[0][1].clock.epoch = 1
    began = runs[0][1].clock.seconds
    packed(runs)
    assert runs[0][1].clock.seconds - began == pytest.approx(10 / 2)
    assert runs[1][1].clock.seconds == pytest.approx(30 + 10 / 2)

