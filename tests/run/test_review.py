"""Mistakes that a reader of the code found, kept from coming back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tensorboard.compat.proto.graph_pb2 import GraphDef

from dlrun.config.problem import ConfigError
from dlrun.record.events import event_files, read_records
from dlrun.record.recorders.tensorboard import TensorBoardWriter


def test_force_keeps_the_old_run_until_the_new_one_can_begin(go) -> None:
    overrides = ("dataset=moons", "model=softmax", "epochs=1")
    done = go(*overrides)
    with pytest.raises(ConfigError):
        go(*overrides, "force=true", "device=cuda:7")
    assert (done.folder / "result.json").is_file()
    assert not go(*overrides, "force=true").found


def test_a_start_that_is_refused_removes_only_what_it_made(go, tmp_path: Path) -> None:
    own = tmp_path / "mine"
    own.mkdir()
    with pytest.raises(ConfigError):
        go("dataset=moons", "model=softmax", "device=cuda:7", f"output_dir={own}")
    assert own.is_dir() and not list(own.iterdir())
    with pytest.raises(ConfigError):
        go("dataset=moons", "model=softmax", "device=cuda:7", "output_dir=new")
    assert not Path("new").exists()
    with pytest.raises(ConfigError):
        go("dataset=moons", "model=softmax", "device=cuda:7", "output_dir=.")


@pytest.mark.parametrize("overrides", [
    ["dataset=digits", "model=softmax", "optimizer=sgd", "optimizer.lr=1e38", "max_steps=1"],
    ["dataset=diabetes", "model=dense", "optimizer=sgd", "optimizer.lr=1e30", "max_steps=1", "validation=0"],
])
def test_weights_that_broke_in_the_last_step_are_a_diverged_run(go, overrides: list[str]) -> None:
    outcome = go(*overrides)
    assert outcome.result["status"] == "diverged"
    assert outcome.result["checkpoint_step"] in (0, 1)
    json.loads((outcome.folder / "result.json").read_text(), parse_constant=pytest.fail)


def test_a_picture_that_fails_is_said_and_costs_nothing_else(go, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.record.recorder import Recorder

    said: list[str] = []

    class Listens(Recorder):
        def note(self, text: str) -> None:
            said.append(text)

    def broken(*args: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("dlrun.record.confusion.save_confusion", broken)
    outcome = go("dataset=digits", "model=softmax", "epochs=1", recorders=[Listens()])
    assert outcome.result["status"] == "finished"
    assert said == ["no picture of confusion: OSError: no room"]


def test_the_graph_of_a_gan_is_its_generator(go, quick_classifier) -> None:
    outcome = go("dataset=digits", "model=gan", "epochs=1", "graph=true", recorders=[TensorBoardWriter()])
    [nodes] = [GraphDef.FromString(event.graph_def).node for file in event_files(outcome.folder)
               for _, event in read_records(file) if event.graph_def]
    assert any("generator" in node.name for node in nodes) and not any("discriminator" in node.name for node in nodes)
    shapes = [[size.size for size in shape.dim] for node in nodes if node.op == "aten::linear"
              for shape in node.attr["_output_shapes"].list.shape]
    weights = torch.load(outcome.folder / "checkpoints" / "last.pt", weights_only=True)["parts"]["model"]
    assert shapes == [[2, weights[f"generator.dense_{number}.weight"].shape[0]] for number in (1, 2, 3)]
    last = [shape for node in nodes for shape in node.attr["_output_shapes"].list.shape][-1]
    assert [size.size for size in last.dim][1:] == [1, 8, 8], "it ends in a picture"


def test_a_budget_of_a_moment_still_makes_a_step(go) -> None:
    outcome = go("dataset=moons", "model=softmax", "max_seconds=0.000001")
    assert outcome.result["steps"] >= 1 and outcome.result["epochs"] == 1
    assert "max_seconds" in outcome.result["stop_reason"]


def test_an_epoch_without_the_watched_measure_is_passed_over(go) -> None:
    from dlrun.engine.stopping.early_stop import EarlyStop, Stopper

    stopper = Stopper(EarlyStop(patience=2), "train/generator_loss")
    assert not stopper.epoch(1, {}) and stopper.wait == 0
    assert stopper.epoch(2, {"train/generator_loss": 1.0})


def test_denormal_numbers_are_back_after_a_run(go) -> None:
    import sys

    smallest = sys.float_info.min
    go("dataset=moons", "model=softmax", "epochs=1")
    assert smallest / 2 != 0.0
