"""What members of a pack have to do with each other: nothing but the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from dlrun.engine.fit import Diverged, Fit, fit_steps
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.pack import execute_together
from dlrun.engine.packed.places import PlaceBatches
from tests.engine.packed.together import distance, make, packed, weights_of

DIGITS = ["dataset=digits", "model=dense", "model.hidden=[12]", "model.dropout=0.2", "batch_size=24", "epochs=20",
          "train_size=700", "max_steps=40"]
RATES = (0.01, 0.01, 0.1, 0.001)
FOUR = [[*DIGITS, f"seed={seed}", f"optimizer.lr={rate}"] for seed, rate in enumerate(RATES)]
OTHERS = {"convolutions": ["model=cnn", "model.filters=[3]", "model.hidden=[5]"],
          "vaes": ["model=vae", "model.hidden=[8]"]}


def test_a_members_bits_do_not_depend_on_who_else_is_there(tmp_path) -> None:
    everyone = packed(make(tmp_path / "all", FOUR))
    some = packed(make(tmp_path / "some", [FOUR[1], FOUR[3]]), slots=[1, 3], size=4)
    assert distance(some, [everyone[1], everyone[3]]) == 0


def test_a_member_that_diverges_touches_no_other(tmp_path) -> None:
    good = packed(make(tmp_path / "good", FOUR))
    runs = make(tmp_path / "bad", [*FOUR[:2], [*FOUR[2], "optimizer=sgd", "optimizer.lr=1e30"], FOUR[3]])
    with pytest.raises(ValueError, match="one program"):  # of another optimizer
        packed(runs)
    runs = make(tmp_path / "bad", [*FOUR[:2], [*FOUR[2], "optimizer.lr=1e30"], FOUR[3]])
    for _, training in runs:
        training.batches = PlaceBatches(training.batches, most=100)
    ended = execute_together({slot: fit_steps(training) for slot, (_, training) in enumerate(runs)}, Layout(4))
    assert isinstance(ended[2], Diverged)
    assert [ended[slot] for slot in (0, 1, 3)] == [None] * 3
    found = weights_of(runs)
    assert distance([found[k] for k in (0, 1, 3)], [good[k] for k in (0, 1, 3)]) == 0


@pytest.mark.parametrize("name", OTHERS)
def test_the_same_holds_of_other_networks(name: str, tmp_path) -> None:
    """Whoever else is there, or diverges, and wherever a member was stopped: its bits are its own."""
    own = [[*DIGITS, *OTHERS[name], f"seed={seed}", f"optimizer.lr={rate}"] for seed, rate in enumerate(RATES)]
    whole = packed(make(tmp_path / "all", own))
    some = packed(make(tmp_path / "some", [own[1], own[3]]), slots=[1, 3], size=4)
    assert distance(some, [whole[1], whole[3]]) == 0
    runs = make(tmp_path / "parts", [own[0], own[1], [*own[2], "optimizer.lr=1e30"], own[3]])
    for _, training in runs:
        training.batches = PlaceBatches(training.batches, most=100)
        training.max_steps = 17
    ended = execute_together({slot: fit_steps(training) for slot, (_, training) in enumerate(runs)}, Layout(4))
    assert isinstance(ended.pop(2), Diverged) and set(ended.values()) == {None}
    runs = make(tmp_path / "parts", own)
    left = {slot: training for slot, (_, training) in enumerate(runs) if slot != 2}
    for training in left.values():
        training.checkpoints.load()
        training.clock.epoch = 0  # the epoch that was cut by max_steps goes on
        training.batches = PlaceBatches(training.batches, most=100)
    execute_together({slot: fit_steps(training) for slot, training in left.items()}, Layout(4))
    assert distance([weights_of(runs)[slot] for slot in left], [whole[slot] for slot in left]) == 0


def test_members_at_other_steps_go_on_with_the_bits_that_they_would_have_had(tmp_path) -> None:
    """As after a kill: each has its own last checkpoint, and so another step, and other sizes of batches."""
    whole = packed(make(tmp_path / "whole", FOUR))
    for number, stop in enumerate((29, 17, 40, 23)):  # the last batch of a pass, the 24th, has fewer rows
        runs = make(tmp_path / "parts", FOUR)
        _, training = runs[number]
        for other, (_, one) in enumerate(runs):
            one.batches, one.max_steps = PlaceBatches(one.batches, most=100), stop
            one.checkpoints.best_file.unlink(missing_ok=True)
            if other != number:
                one.checkpoints.save = lambda epoch, step: None
        execute_together({slot: fit_steps(one) for slot, (_, one) in enumerate(runs)}, Layout(4))
        assert training.checkpoints.saved_step == stop
    runs = make(tmp_path / "parts", FOUR)
    for _, training in runs:
        training.checkpoints.load()
    assert [training.clock.step for _, training in runs] == [29, 17, 40, 23]
    for _, training in runs:  # the epoch that was cut by max_steps goes on
        training.clock.epoch = training.clock.step // training.steps_per_epoch
    assert distance(packed(runs), whole) == 0


def test_the_end_of_a_member_is_no_time_of_the_others(tmp_path) -> None:
    def ending(training: Fit) -> Iterator[Any]:
        time.sleep(0.3)  # data is read
        yield from fit_steps(training)
        time.sleep(0.3)  # pictures are drawn

    runs = make(tmp_path, FOUR)
    execute_together({slot: ending(training) for slot, (_, training) in enumerate(runs)}, Layout(4))
    seconds = [training.clock.seconds for _, training in runs]
    assert 4 * (max(seconds) - min(seconds)) < 0.45, "the last has waited 0.9 for the others' ends, the first to begin"


def test_a_checkpoint_holds_its_members_values_alone(tmp_path) -> None:
    runs = make(tmp_path, FOUR)
    packed(runs)
    for components, training in runs:
        size = training.checkpoints.last.stat().st_size
        own = sum(weight.nbytes for weight in components.model.parameters())
        assert size < 3 * own + 30_000, "weights and two moments, and torch's own words"
        parts = torch.load(training.checkpoints.last, weights_only=True)["parts"]
        assert parts["step"]["optimizers"]["model"][0]["step"] == 40
        for name, value in parts["model"].items():
            assert value.untyped_storage().nbytes() == value.nbytes, name
