"""Phases: what changes at an epoch of one run, and that a run which is stopped anywhere ends as a whole one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import nn

from dlrun.config.identity import identity
from dlrun.config.phase_optimizers import optimizers
from dlrun.config.problem import ConfigError
from dlrun.engine.step import EagerStep
from dlrun.inference.load import load_run
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


@contextmanager
def batches() -> Iterator[list[tuple[torch.Tensor, torch.Tensor]]]:
    """The rows and targets of each step that is taken in the block."""
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    took = EagerStep.__call__

    def call(self, batch, step):
        seen.append((batch.x.clone(), batch.y.clone()))
        took(self, batch, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EagerStep, "__call__", call)
        yield seen


TWO = (*DENSE, "optimizer=rmsprop", "optimizer.lr=0.01", "epochs=4")
SGD = "phases=[{epoch: 2, lr: 0.004}, {epoch: 3, optimizer: {kind: sgd, momentum: 0.9}, lr: 0.1}]"


def test_an_optimizer_that_changes_at_an_epoch_goes_on_as_the_loop_by_hand(go):
    """The weights after the change are those of torch's own SGD on the batches that the run has seen."""
    begun = last_weights(go(*TWO, "epochs=2", "phases=[{epoch: 2, lr: 0.004}]", "output_dir=begun").folder)
    with batches() as seen:
        whole = go(*TWO, SGD, "output_dir=changed")
    assert [row["train/lr"] for row in rows(whole.folder)] == pytest.approx([0.01, 0.004, 0.1, 0.1])
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8, eps=1e-3, momentum=0.01), nn.ReLU(),
                        nn.Linear(8, 10))
    own = {"1.weight": "dense_1.weight", "1.bias": "dense_1.bias", "2.weight": "batch_norm_1.weight",
           "2.bias": "batch_norm_1.bias", "2.running_mean": "batch_norm_1.running_mean",
           "2.running_var": "batch_norm_1.running_var", "4.weight": "dense_2.weight", "4.bias": "dense_2.bias"}
    net.load_state_dict({name: begun[ours] for name, ours in own.items() if ours in begun}, strict=False)
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for x, y in seen[-4:]:
        sgd.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        sgd.step()
    after, state = last_weights(whole.folder), net.state_dict()
    for name, ours in own.items():
        if ours in after:
            assert torch.allclose(state[name], after[ours], rtol=1e-4, atol=1e-5), name


@pytest.mark.parametrize("step", [2, 4, 5, 7])
def test_a_run_killed_before_or_after_its_optimizer_changes_resumes_to_the_same_bits(go, step):
    whole = go(*TWO, SGD, "output_dir=whole")
    with killed_after(step):
        go(*TWO, SGD, "checkpoint_seconds=0")
    assert_same_run(whole.folder, go(*TWO, SGD, "checkpoint_seconds=0").folder)


def test_a_fork_with_another_optimizer_takes_the_steps_of_one_run_that_changes_to_it(go, monkeypatch, tmp_path):
    from dlrun.cli.main import main

    monkeypatch.chdir(tmp_path)
    parent = go(*TWO, "epochs=4", "output_dir=runs").folder
    assert main(["fork", parent.name, "epoch=2", "optimizer=sgd", "optimizer.lr=0.1"]) == 0
    forked, = (path.parent for path in Path("runs").glob("*/*/result.json") if path.parent.name != parent.name)
    phased = go(*TWO, "phases=[{epoch: 3, optimizer: sgd, lr: 0.1}]", "output_dir=phased").folder
    assert rows(forked) == rows(phased)


def test_what_a_phase_leaves_open_of_its_optimizer_stays_as_it_was():
    config = preflight([*DENSE, "epochs=9", "optimizer.clip_norm=2", "optimizer.lr_of={dense_1: 0.05}",
                        "phases=[{epoch: 2, lr: 0.2}, {epoch: 3, optimizer: {momentum: 0.5}}, "
                        "{epoch: 4, optimizer: adam}]"]).config
    found = optimizers(config.phases, config.optimizer)
    assert [(kind.kind, kind.lr, kind.clip_norm) for kind in found] == [
        ("sgd", 0.1, 2), ("sgd", 0.2, 2), ("sgd", 0.2, 2), ("adam", 0.001, 2)]
    assert [kind.lr_of["dense_1"] for kind in found] == pytest.approx([0.05, 0.1, 0.1, 0.0005])
    assert [getattr(kind, "momentum", None) for kind in found] == [0, 0, 0.5, None]


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


def test_frozen_layers_keep_their_weights_beside_a_longest_norm(go):
    phases = "phases=[{epoch: 2, freeze: dense_1}]"
    before, after = (last_weights(go(*DENSE, "model.max_norm=50", f"epochs={epochs}", phases, f"output_dir=to{epochs}")
                                  .folder) for epochs in (1, 3))
    assert {name for name in before if not torch.equal(before[name], after[name])} == {
        "dense_2.weight", "dense_2.bias", *(name for name in before if name.startswith("batch_norm_1"))}


def test_what_moves_all_weights_at_once_freezes_none(go):
    with pytest.raises(ConfigError, match="phases +lbfgs moves all weights at once"):
        go("dataset=iris", "model=dense", "optimizer=lbfgs", "epochs=3", "phases=[{epoch: 2, freeze: dense_1}]")


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
    used = load_run(whole.folder).model.state_dict()  # the last block is one that was trained
    assert all(torch.equal(used[name], value) for name, value in loaded.items())
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
    ("[{epoch: 2, optimizer: sdg}]", r"phases\[0\].optimizer.kind=sdg  expected one of .*did you mean  sgd"),
    ("[{epoch: 2, optimizer: {kind: sgd, momentm: 1}}]", r"phases\[0\].optimizer.momentm=1  no such key; did you mean"),
    ("[{epoch: 2, optimizer: {nesterov: true}}]", r"phases\[0\].optimizer.nesterov=true  it needs"),
    ("[{epoch: 2, optimizer: lbfgs}]", "a run does not change between sgd and lbfgs"),
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
