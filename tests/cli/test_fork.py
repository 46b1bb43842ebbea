"""`dlrun fork` and `dlrun replay`: the bits that a fork begins with are its parent's, and a run comes out again."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from dlrun.cli.main import main
from dlrun.engine.callbacks import Callback
from dlrun.engine.checkpoint_manager import CheckpointManager
from dlrun.engine.clock import Clock
from dlrun.engine.compiled import step as compiled
from dlrun.engine.step import EagerStep
from dlrun.record.folder import RunFolder
from dlrun.registry import register
from dlrun.run.replay import compare
from tests.helpers.compiler import needs_compiler
from tests.run.stops import Killed

SMALL = ["dataset=digits", "model=dense", "model.hidden=[4]", "model.dropout=0.2", "train_size=150", "test_size=40",
         "batch_size=32", "threads=1", "device=cpu", "verbosity=0"]


@pytest.fixture(scope="module")
def parents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs with one of four epochs."""
    place = tmp_path_factory.mktemp("parents")
    before = Path.cwd()
    os.chdir(place)
    try:
        assert main([*SMALL, "epochs=4"]) == 0
    finally:
        os.chdir(before)
    return place


@pytest.fixture
def parent(parents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    shutil.copytree(parents / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return only(tmp_path)


def only(place: Path, but: Any = ()) -> RunFolder:
    (found,) = [path.parent for path in place.glob("runs/*/*/result.json") if path.parent.name not in but]
    return RunFolder(found.relative_to(place))


def weights(folder: RunFolder) -> dict[str, torch.Tensor]:
    model: dict[str, torch.Tensor] = torch.load(folder.last, weights_only=True)["parts"]["model"]
    return model


def same(one: RunFolder, other: RunFolder) -> bool:
    before, after = weights(one), weights(other)
    return before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


def fork(parent: RunFolder, *words: str, code: int = 0) -> RunFolder:
    assert main(["fork", parent.path.name, *words]) == code
    return only(Path.cwd(), but=[parent.path.name])


def rows(folder: RunFolder) -> list[dict[str, Any]]:
    return [{key: value for key, value in json.loads(line).items() if "seconds" not in key}
            for line in folder.metrics.read_text().splitlines()]


def test_a_fork_within_the_run_takes_the_steps_of_one_run_whose_rate_changes_there(parent: RunFolder) -> None:
    forked = fork(parent, "epoch=2", "optimizer.lr=0.01")
    assert main([*SMALL, "epochs=4", "phases=[{epoch: 3, lr: 0.01}]"]) == 0
    one = only(Path.cwd(), but=[parent.path.name, forked.path.name])
    assert same(forked, one) and not same(forked, parent)
    assert rows(forked) == rows(one) and rows(forked)[:2] == rows(parent)[:2]
    assert not (forked.path / ".prefix").exists()


def test_a_fork_of_the_last_epoch_goes_on_as_a_longer_run_would(parent: RunFolder) -> None:
    forked = fork(parent, "epoch=4", "epochs=6")
    assert forked.origin()["fork"]["prefix"] == "read from its checkpoint"
    assert main([*SMALL, "epochs=6", "force=true"]) == 0
    assert same(forked, only(Path.cwd(), but=[parent.path.name, forked.path.name]))


def test_both_folders_name_the_other_and_the_id_hashes_parent_and_epoch(
        parent: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    forked = fork(parent, "epoch=2", "optimizer.lr=0.01")
    name = f"{parent.path.parent.name}/{parent.path.name}"
    assert forked.origin()["fork"] == {"parent": parent.path.name, "name": name, "epoch": 2,
                                       "prefix": "trained again, bit for bit"}
    (line,) = parent.forks.read_text().splitlines()
    assert json.loads(line)["id"] == forked.path.name and "optimizer.lr=0.01" in line
    capsys.readouterr()
    assert main(["fork", parent.path.name, "epoch=2", "optimizer.lr=0.01"]) == 0
    assert "was made on" in capsys.readouterr().out, "the same fork again is served"
    assert len(parent.forks.read_text().splitlines()) == 1
    assert main(["fork", parent.path.name, "epoch=3", "optimizer.lr=0.01"]) == 0
    other = only(Path.cwd(), but=[parent.path.name, forked.path.name])
    assert main(["fork", forked.path.name, "epoch=3", "optimizer.lr=0.005"]) == 0, "a fork of a fork"
    grandchild = only(Path.cwd(), but=[parent.path.name, forked.path.name, other.path.name])
    assert rows(grandchild)[:3] == rows(forked)[:3] and grandchild.origin()["fork"]["parent"] == forked.path.name


@pytest.mark.parametrize("epoch", [2, 4])
def test_a_fork_of_a_fork_from_an_epoch_of_its_grandparent_is_refused_with_the_grandparents_name(
        parent: RunFolder, epoch: int, capsys: pytest.CaptureFixture[str]) -> None:
    forked = fork(parent, "epoch=4", "epochs=5", "optimizer.lr=0.01")
    before = sorted(Path.cwd().rglob("*"))
    assert main(["fork", forked.path.name, f"epoch={epoch}", "optimizer.lr=0.02"]) == 2
    assert f"{forked.path.name} is itself a fork, of epoch 4 of {parent.path.name}; expected a later epoch, or  " \
           f"dlrun fork {parent.path.name} epoch={epoch}" in capsys.readouterr().err
    assert sorted(Path.cwd().rglob("*")) == before


@needs_compiler
def test_steps_are_taken_again_as_the_run_took_them_whatever_speed_its_last_command_had(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    take = compiled.CompiledStep.__call__

    def interrupted(self: Any, *given: Any) -> None:
        take(self, *given)
        os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(compiled.CompiledStep, "__call__", interrupted)
        assert main([*SMALL, "epochs=4", "speed=compiled"]) == 143
    assert main([*SMALL, "epochs=4", "speed=plain"]) == 0, "it goes on with compiled steps"
    begun = only(tmp_path)
    assert "speed: plain" in begun.config.read_text() and begun.origin()["speed_path"].startswith("compiled by")
    assert main(["replay", begun.path.name]) == 0
    assert main(["replay", begun.path.name, "speed=plain"]) == 1
    assert "now eager" in capsys.readouterr().out
    forked = fork(begun, "epoch=2", "optimizer.lr=0.01")
    assert rows(forked)[:2] == rows(begun)[:2] and forked.origin()["speed_path"].startswith("compiled by")


def test_another_optimizer_schedule_batch_and_stop_begin_anew(parent: RunFolder) -> None:
    forked = fork(parent, "epoch=4", "epochs=6", "optimizer=sgd", "optimizer.momentum=0.9", "schedule=cosine",
                  "batch_size=16", "early_stop=patience", "early_stop.monitor=val/accuracy")
    result = forked.result()
    assert result is not None and result["status"] in ("finished", "stopped")
    steps = -(-120 // 16)
    assert [row["step"] for row in rows(forked)[4:]] == [5 * steps, 6 * steps]
    assert rows(forked)[5]["train/lr"] < rows(forked)[4]["train/lr"]


@pytest.mark.parametrize("forced", [[], ["force=true"]], ids=["plain", "force"])
def test_a_fork_that_is_interrupted_in_the_parents_epochs_goes_on_to_the_same_weights(
        parent: RunFolder, monkeypatch: pytest.MonkeyPatch, forced: list[str]) -> None:
    whole = fork(parent, "epoch=3", "optimizer.lr=0.01")
    before = weights(whole)
    shutil.rmtree(whole.path)
    step, taken = EagerStep.__call__, []

    def interrupted(self: EagerStep, *arguments: Any) -> None:
        taken.append(1)
        step(self, *arguments)
        if len(taken) == 6:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(EagerStep, "__call__", interrupted)
    cut = fork(parent, "epoch=3", "optimizer.lr=0.01", *forced, code=130)
    result = cut.result()
    assert result is not None and result["status"] == "interrupted" and "first epochs" in result["stop_reason"]
    assert ("the same command without force=true goes on" in result["stop_reason"]) == bool(forced)
    assert fork(parent, "epoch=3", "optimizer.lr=0.01").path == whole.path
    assert len(taken) == 4 * 4, "none of the steps is taken twice"
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(whole).items())


def test_a_fork_killed_between_the_last_row_of_the_parents_epochs_and_its_checkpoint_goes_on_to_the_same_weights(
        parent: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fork(parent, "epoch=3", "optimizer.lr=0.01")
    before = weights(whole)
    shutil.rmtree(whole.path)
    save = CheckpointManager.save

    def killed(self: CheckpointManager, epoch: int, step: int) -> None:
        if epoch == 3:
            raise Killed
        save(self, epoch, step)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(CheckpointManager, "save", killed)
        main(["fork", parent.path.name, "epoch=3", "optimizer.lr=0.01"])
    assert len(rows(RunFolder(whole.path / ".prefix"))) == 3
    assert fork(parent, "epoch=3", "optimizer.lr=0.01").path == whole.path
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(whole).items())


def test_a_parent_with_max_seconds_is_trained_again_to_its_epoch_on_a_slower_machine(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*SMALL, "epochs=4", "max_seconds=1000"]) == 0
    begun = only(tmp_path)
    monkeypatch.setattr(Clock, "now", lambda clock: 1e6)
    forked = fork(begun, "epoch=3", "epochs=4", "max_seconds=null", "optimizer.lr=0.01")
    assert rows(forked)[:3] == rows(begun)[:3] and len(rows(forked)) == 4
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert main([*SMALL, "epochs=4", "phases=[{epoch: 4, lr: 0.01}]"]) == 0
    assert same(forked, only(tmp_path, but=[begun.path.name, forked.path.name]))


@register("callback", "ends_when_told")
class EndsWhenTold(Callback):
    """Ends a run in its first epoch."""

    told = False

    def epoch(self, row: dict[str, Any], best: bool) -> None:
        if self.told:
            self.stop("told")


def test_a_parent_that_ends_earlier_when_it_is_trained_again_is_no_beginning(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*SMALL, "epochs=4", "callbacks=ends_when_told"]) == 0
    begun = only(tmp_path)
    monkeypatch.setattr(EndsWhenTold, "told", True)
    assert main(["fork", begun.path.name, "epoch=3", "optimizer.lr=0.01"]) == 2
    assert "trained again it ended after epoch 1; only the epoch of its checkpoint" in capsys.readouterr().err
    assert len([*tmp_path.glob("runs/*/*")]) == 1, "nothing of it is left, which the next start would go on with"


def test_tensorboard_shows_the_parents_epochs_too(parent: RunFolder) -> None:
    forked = fork(parent, "epoch=2", "optimizer.lr=0.01")
    drawn = scalars(forked)["loss/val"]
    assert list(drawn) == [1, 2, 3, 4]
    assert [drawn[row["epoch"]] for row in rows(parent)[:2]] == pytest.approx(
        [row["val/loss"] for row in rows(parent)[:2]], rel=1e-6)


def scalars(folder: RunFolder) -> dict[str, dict[int, float]]:
    """What TensorBoard's own reader finds, by tag and step."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder.path)).Reload()
    return {tag: {event.step: event.value for event in read.Scalars(tag)} for tag in read.Tags()["scalars"]}


FOLDS = [*SMALL, "validation={kind: kfold, k: 2, final: true}"]


@pytest.fixture
def in_folds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run of two folds and a final fit, of four epochs."""
    monkeypatch.chdir(tmp_path)
    assert main([*FOLDS, "epochs=4"]) == 0
    return only(tmp_path)


def test_each_fold_of_a_fork_begins_from_that_fold_of_the_parent(in_folds: RunFolder) -> None:
    forked = fork(in_folds, "epoch=2", "optimizer.lr=0.01")
    assert main([*FOLDS, "epochs=4", "phases=[{epoch: 3, lr: 0.01}]"]) == 0
    one = only(Path.cwd(), but=[in_folds.path.name, forked.path.name])
    for name in ("0", "1", "final"):
        assert same(forked.fold(name), one.fold(name)) and not same(forked.fold(name), in_folds.fold(name))
        assert rows(forked.fold(name)) == rows(one.fold(name))
        assert not (forked.fold(name).path / ".prefix").exists()
        lineage = forked.fold(name).origin()["fork"]
        assert lineage["name"].startswith(f"{in_folds.path.parent.name}/{in_folds.path.name}/") and \
            lineage["prefix"] == "trained again, bit for bit"
    assert rows(forked) == rows(one) and rows(forked)[:2] == rows(in_folds)[:2]
    assert list(scalars(forked.fold("0"))["loss/val"]) == list(scalars(forked)["loss/val"]) == [1, 2, 3, 4]
    found = forked.origin()["fork"]
    assert (found["parent"], found["epoch"]) == (in_folds.path.name, 2)
    (line,) = in_folds.forks.read_text().splitlines()
    assert json.loads(line)["id"] == forked.path.name, "the parent's folder names the fork once, not its folds"


def test_a_fork_of_the_last_epoch_of_all_folds_goes_on_as_a_longer_run_would(in_folds: RunFolder) -> None:
    forked = fork(in_folds, "epoch=4", "epochs=6")
    assert forked.fold("1").origin()["fork"]["prefix"] == "read from its checkpoint"
    assert main([*FOLDS, "epochs=6", "force=true"]) == 0
    longer = only(Path.cwd(), but=[in_folds.path.name, forked.path.name])
    assert all(same(forked.fold(name), longer.fold(name)) for name in ("0", "1", "final"))


def test_a_fold_that_has_not_come_to_the_epoch_is_no_beginning(in_folds: RunFolder, capsys: pytest.CaptureFixture[str]
                                                               ) -> None:
    file = in_folds.fold("1").metrics
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:2]))
    assert main(["fork", in_folds.path.name, "epoch=3", "optimizer.lr=0.01"]) == 2
    assert "epoch=3  expected one of the parent's 2 epochs" in capsys.readouterr().err
    key = f"fork='{in_folds.path.name}@3'"
    before = sorted(Path.cwd().rglob("*"))
    assert main([*FOLDS, "epochs=5", key]) == 2
    assert f"an epoch from 1 to 2, those that {in_folds.path.name}/folds/1 has" in capsys.readouterr().err
    assert main([*SMALL, "validation={kind: kfold, k: 3}", "epochs=5", key]) == 2
    assert "is no run of these folds" in capsys.readouterr().err
    assert main([*SMALL, "validation=0.3", "epochs=5", key]) == 2
    assert "is a run of 2 folds" in capsys.readouterr().err
    assert sorted(Path.cwd().rglob("*")) == before


def test_one_fold_may_be_forked_alone_and_a_seed_that_draws_rows_may_not(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    shuffled = [*SMALL, "validation={kind: kfold, k: 2, shuffle: true}", "epochs=3"]
    assert main(shuffled) == 0
    whole = only(tmp_path)
    assert main(["fork", whole.path.name, "epoch=2", "seed=1"]) == 2
    assert "seed=1  the seed decides which rows the parent has seen" in capsys.readouterr().err
    one = [*SMALL, "validation={kind: kfold, k: 2, shuffle: true, fold: 1}", "epochs=3"]
    assert main([*one, f"fork='{whole.path.name}@2'"]) == 0
    assert same(only(tmp_path, but=[whole.path.name]), whole.fold("1"))


def test_a_run_of_a_pack_is_forked_from_its_checkpoint_alone(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*SMALL, "validation={kind: kfold, k: 4}", "epochs=3", "pack=4"]) == 0
    packed = only(tmp_path)
    assert packed.fold("0").origin()["pack"]["slots"] == 4
    before = sorted(tmp_path.rglob("*"))
    assert main(["fork", packed.path.name, "epoch=2", "optimizer.lr=0.01"]) == 2
    assert "it was trained in a pack" in capsys.readouterr().err and sorted(tmp_path.rglob("*")) == before
    forked = fork(packed, "epoch=3", "epochs=4")
    assert rows(forked.fold("2"))[:3] == rows(packed.fold("2"))


def test_folds_that_do_not_come_out_again_leave_nothing(in_folds: RunFolder, capsys: pytest.CaptureFixture[str]
                                                        ) -> None:
    file = in_folds.fold("1").metrics
    lines = file.read_text().splitlines()
    row = json.loads(lines[1])
    lines[1] = json.dumps({**row, "val/loss": row["val/loss"] + 1e-9})
    file.write_text("\n".join(lines) + "\n")
    before = sorted(Path.cwd().rglob("*"))
    assert main(["fork", in_folds.path.name, "epoch=3", "optimizer.lr=0.01"]) == 2
    assert "do not come out the same here (epoch 2: val/loss was" in capsys.readouterr().err
    assert sorted(Path.cwd().rglob("*")) == before


def test_epochs_that_do_not_come_out_again_are_no_beginning(parent: RunFolder, capsys: pytest.CaptureFixture[str]
                                                            ) -> None:
    lines = parent.metrics.read_text().splitlines()
    row = json.loads(lines[1])
    lines[1] = json.dumps({**row, "val/loss": row["val/loss"] + 1e-9})
    parent.metrics.write_text("\n".join(lines) + "\n")
    assert main(["fork", parent.path.name, "epoch=3", "optimizer.lr=0.01"]) == 2
    assert "do not come out the same here (epoch 2: val/loss was" in capsys.readouterr().err
    assert main(["fork", parent.path.name, "epoch=4", "epochs=5"]) == 0, "its checkpoint has that epoch"


@pytest.mark.parametrize(("words", "says"), [
    ([], "epoch  expected one of the parent's 4 epochs"), (["epoch=5"], "epoch=5  expected one of the parent's 4"),
    (["epoch=4"], "epochs=4  expected more than the 4 epochs"), (["epoch=2", "optimizer.lrr=1"], "optimizer.lr=1"),
    (["epoch=2", "model.hidden=[9]"], "a fork has the data and the network of its parent"),
    (["epoch=2", "dataset=mnist"], "a fork has the data"), (["epoch=2", "fork=x"], "dlrun fork RUN epoch=N"),
    (["epoch=2", "optimizer.lr=fast"], "optimizer.lr=fast"), (["epoch=2", "schedule=cosin"], "schedule=cosine"),
    (["epoch=2", "validation=0"], "a fork has the data"),
    (["epoch=2", "experiment=gulli/C1"], "experiment=gulli/C1  here it cannot be set")])
def test_what_cannot_be_forked_is_refused_and_leaves_nothing(
        parent: RunFolder, words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path.cwd().rglob("*"))
    assert main(["fork", parent.path.name, *words]) == 2
    assert says in capsys.readouterr().err and sorted(Path.cwd().rglob("*")) == before


@pytest.mark.parametrize(("fork", "says"), [("nonsense", "expected the id of a run and an epoch"),
                                            ("0123456789@2", "no run 0123456789 lies in runs")])
def test_the_key_itself_names_a_run_that_is_there(parent: RunFolder, fork: str, says: str,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, f"fork='{fork}'"]) == 2
    assert says in capsys.readouterr().err


def test_a_replay_has_the_same_bits_and_another_does_not(parent: RunFolder, capsys: pytest.CaptureFixture[str]
                                                         ) -> None:
    assert main(["replay", parent.path.name]) == 0
    assert "equal, bit for bit" in capsys.readouterr().out
    again = Path("runs/replays") / parent.path.parent.name / parent.path.name
    assert compare(parent, RunFolder(again)).equal
    assert main(["runs", "json=true"]) == 0
    assert len(json.loads(capsys.readouterr().out)["data"]["runs"]) == 1, "reports do not see replays"
    assert main([*SMALL, "epochs=4", "seed=1"]) == 0
    other = compare(parent, only(Path.cwd(), but=[parent.path.name]))
    gap = max(float((weights(parent)[name] - tensor).abs().max())
              for name, tensor in weights(only(Path.cwd(), but=[parent.path.name])).items())
    assert not other.equal and f"differs by up to {gap:.3g}" in other.weights
    assert other.curve.startswith("epoch 1: train/loss was")


def test_a_replay_that_comes_out_otherwise_says_what_and_by_how_much(parent: RunFolder,
                                                                     capsys: pytest.CaptureFixture[str]) -> None:
    result = json.loads(parent.result_file.read_text())
    result["test"]["loss"] += 0.01
    parent.result_file.write_text(json.dumps(result))
    assert main(["replay", parent.path.name]) == 1
    out = capsys.readouterr().out
    assert "weights  equal" in out and "test/loss" in out and "-0.01" in out
    assert main(["replay", parent.path.name, "tolerance=0.02"]) == 0
    assert main(["replay", parent.path.name, "tolerance=0.001"]) == 1
    assert main(["replay", parent.path.name, "epochs=3"]) == 2
    assert "a replay has the run's own settings" in capsys.readouterr().err
