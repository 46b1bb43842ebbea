"""Phases: what changes at an epoch of one run, and that a run which is stopped anywhere ends as a whole one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.models.bases.efficientnet_lite0 import EfficientnetLite0
from dlrun.preflight.preflight import preflight
from tests.helpers.runs import last_weights
from tests.run.stops import killed_after
from tests.whole.equal import assert_same_run

DATA = ("dataset=digits", "train_size=60", "test_size=20", "validation=20", "batch_size=20")  # 2 steps an epoch
DENSE = (*DATA, "model=dense", "model.hidden=[8]", "model.batch_norm=true", "optimizer=sgd", "optimizer.lr=0.1")
CNN = (*DATA, "model=cnn", "model.filters=[4]", "model.hidden=[8]", "optimizer=sgd", "optimizer.lr=0.1")
BASE = (*DATA, "model=pretrained", "model.size=32", "optimizer.lr=0.01")


def rows(folder: Path) -> list[dict[str, float]]:
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in found]


def test_a_rate_that_changes_at_an_epoch_is_what_a_schedule_makes_of_it(go):
    phased = go(*DENSE, "epochs=3", "phases=[{epoch: 2, lr: 0.01}, {epoch: 3, lr: 0.001}]", "output_dir=phased")
    stepped = go(*DENSE, "epochs=3", "schedule=step", "schedule.every=1", "schedule.factor=0.1", "output_dir=stepped")
    assert [row["train/lr"] for row in rows(phased.folder)] == pytest.approx([0.1, 0.01, 0.001])
    assert last_weights(phased.folder).keys() == last_weights(stepped.folder).keys()
    for ours, theirs in zip(rows(phased.folder), rows(stepped.folder)):
        assert ours == pytest.approx(theirs, rel=1e-5)


def test_rows_are_changed_from_the_epoch_on_that_a_phase_says(go):
    change = ("augment.flip_horizontal=true",)
    plain = rows(go(*CNN, "epochs=2", "output_dir=plain").folder)
    changed = rows(go(*CNN, *change, "epochs=2", "output_dir=changed").folder)
    late = rows(go(*CNN, *change, "epochs=2", "phases=[{epoch: 1, augment: false}, {epoch: 2, augment: true}]").folder)
    assert late[0] == plain[0] != changed[0]
    assert late[1] != plain[1]


def test_frozen_layers_keep_their_weights_and_their_batch_norm_its_averages(go):
    phases = "phases=[{epoch: 2, freeze: [dense_1, batch_norm_1]}, {epoch: 3, unfreeze: [batch_norm_*]}]"
    states = [last_weights(go(*DENSE, f"epochs={epochs}", phases, f"output_dir=to{epochs}").folder)
              for epochs in (1, 2, 3)]
    moved = [{name for name in before if not torch.equal(before[name], after[name])}
             for before, after in zip(states, states[1:])]
    assert moved[0] == {"dense_2.weight", "dense_2.bias"}
    assert moved[1] == {"dense_2.weight", "dense_2.bias", "batch_norm_1.weight", "batch_norm_1.bias",
                        "batch_norm_1.running_mean", "batch_norm_1.running_var"}


FINE = (*BASE, "epochs=4", "augment.flip_horizontal=true", "optimizer.lr_of={head: 1e-3}",
        "phases=[{epoch: 1, augment: false}, {epoch: 3, augment: true, unfreeze: 1, lr: 0.001}]")


@pytest.fixture
def whole(go):
    """The head alone for two epochs, by features; then the last block too, on rows that are changed."""
    return go(*FINE, "output_dir=whole")


def test_a_head_is_trained_on_features_and_then_the_last_block_too(go, whole):
    loaded = last_weights(whole.folder)
    begun = {f"base_1.net.{name}": value for name, value in EfficientnetLite0().weights().items()}
    kept = [name for name in loaded if name.startswith("base_1.net")]
    assert kept and all(name.startswith("base_1.net.head") for name in kept)
    assert not torch.equal(loaded["base_1.net.head.conv.weight"], begun["base_1.net.head.conv.weight"])
    head = go(*BASE, "epochs=2", "output_dir=head")
    for ours, theirs in zip(rows(whole.folder)[:2], rows(head.folder)):
        assert ours == pytest.approx(theirs, rel=1e-4)
    assert [row["train/lr"] for row in rows(whole.folder)] == pytest.approx([0.01, 0.01, 0.001, 0.001])


@pytest.mark.parametrize("step", [1, 4, 5, 7])
def test_a_run_killed_in_any_phase_resumes_to_the_same_bits(go, whole, step):
    with killed_after(step):
        go(*FINE, "checkpoint_seconds=0")
    assert_same_run(whole.folder, go(*FINE, "checkpoint_seconds=0").folder)


@pytest.mark.parametrize("phases, said", [
    ("[{epoch: 2}]", r"phases\[0\]  expected what changes"),
    ("[{epoch: 2, rate: 1}]", r"phases\[0\].rate=1  no such key"),
    ("[{epoch: 3, lr: 1}, {epoch: 2, lr: 1}]", r"phases\[1\].epoch=2  expected an epoch after 3"),
    ("[{epoch: 2, lr: 0}]", r"phases\[0\].lr=0  expected a number > 0"),
    ("{epoch: 2, lr: 1}", "phases=.*expected a list of mappings"),
    ("[{epoch: 2, freeze: dens_1}]", r"phases\[0\].freeze=dens_1  .*did you mean  dense_1"),
    ("[{epoch: 2, freeze: all}]", r"phases\[0\]  nothing is left to train"),
])
def test_a_wrong_phase_is_a_sentence_and_leaves_nothing(go, tmp_path, phases, said):
    with pytest.raises(ConfigError, match=said):
        go(*DENSE, "epochs=3", f"phases={phases}", "output_dir=none")
    assert not (tmp_path / "none").exists()


def test_phases_are_in_the_id_where_there_are_any():
    ids = [identity(preflight([*DENSE, *more]).config) for more in
           ((), ("phases=[]",), ("phases=[{epoch: 2, lr: 0.01}]",), ("phases=[{epoch: 3, lr: 0.01}]",))]
    assert ids[0] == ids[1] and len(set(ids)) == 3
