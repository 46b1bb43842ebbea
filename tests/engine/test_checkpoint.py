"""A checkpoint: the old file or the new one, never half of one; every key in it is read back."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path

import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.engine import checkpoint
from dlrun.engine.checkpoint_manager import CheckpointManager
from dlrun.engine.clock import Clock
from dlrun.tasks._base.batch import Batch
from tests.engine.make import made
from tests.run.stops import killed_after, signalled_after
from tests.whole.equal import assert_same_run, state

OVERRIDES = ["dataset=digits", "model=dense", "model.hidden=[8]", "model.batch_norm=true", "batch_size=200"]


def trained(folder: Path, *overrides: str):
    """Two steps into the first epoch."""
    components, run = made(folder, *OVERRIDES, *overrides)
    for step, (x, y) in enumerate(run.batches.steps(0, 2)):
        run.step(Batch(x, y, len(x)), step)
        run.clock.step += 1
    return components, run


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "checkpoints" / "last.pt"
    checkpoint.save(path, {"id": "one", "weight": torch.ones(3)})
    before = path.read_bytes()

    real = torch.save

    def half(content, stream) -> None:
        real(content, stream)
        stream.truncate(100)
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(OSError, match="no space"):
        checkpoint.save(path, {"id": "two", "weight": torch.zeros(3)})
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["last.pt"]


def test_the_new_file_is_whole_and_on_the_disk_before_it_takes_the_name(tmp_path: Path, monkeypatch) -> None:
    path, order = tmp_path / "last.pt", []
    replace, fsync = checkpoint.os.replace, checkpoint.os.fsync

    def replaced(source, target) -> None:
        assert torch.load(source, weights_only=True)["id"] == "one"
        assert Path(source).parent == path.parent, "another file system would copy"
        order.append("replace")
        replace(source, target)

    monkeypatch.setattr(checkpoint.os, "fsync", lambda handle: (order.append("fsync"), fsync(handle)))
    monkeypatch.setattr(checkpoint.os, "replace", replaced)
    checkpoint.save(path, {"id": "one"})
    assert order == ["fsync", "replace"]


def same(one, other) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.parametrize("overrides", [[], ["optimizer=lbfgs"], ["optimizer=nadam"], ["schedule=plateau"],
                                       ["optimizer=rmsprop", "optimizer.eps_inside=true"], ["precision=bf16"]])
def test_every_state_of_a_run_comes_back(tmp_path: Path, overrides: list[str]) -> None:
    _, old = trained(tmp_path, *overrides)
    old.stopper.epoch(1, {"val/loss": 0.5})
    old.rate.epoch({"val/loss": 0.5})
    old.checkpoints.best.keep(1)
    old.clock.checked_step = 1
    old.checkpoints.save(0, 2)
    stored = state(tmp_path)
    assert {key.split("/")[2] for key in stored if key.startswith("/parts/")} == {
        "model", "step", "rate", "totals", "stopper", "clock", "best"}

    _, new = made(tmp_path, *OVERRIDES, *overrides)
    new.checkpoints.load()
    assert (new.clock.step, new.clock.checked_step) == (2, 1)
    assert (new.checkpoints.saved, new.checkpoints.best.epoch) == ((0, 2), 1)
    assert new.totals.read() == old.totals.read()
    new.checkpoints.save(0, 2)
    again = state(tmp_path)
    assert stored.keys() == again.keys()
    assert [key for key, value in stored.items() if not same(value, again[key])] == []


def test_it_holds_tensors_and_plain_values_only(tmp_path: Path) -> None:
    _, run = trained(tmp_path)
    run.checkpoints.best.keep(1)
    run.checkpoints.save(0, 2)
    for name in ("last", "best"):
        assert torch.load(tmp_path / "checkpoints" / f"{name}.pt", weights_only=True)["id"] == "anid"


def edited(path: Path, edit) -> None:
    content = checkpoint.read(path)
    edit(content)
    checkpoint.save(path, content)


EDITS = {
    "a part is unknown": lambda c: c["parts"].update(extra={}),
    "a part is missing": lambda c: c["parts"].pop("stopper"),
    "clock lacks a key": lambda c: c["parts"]["clock"].pop("looked"),
    "clock has a key too many": lambda c: c["parts"]["clock"].update(moon=1),
    "clock has a key that is no state": lambda c: c["parts"]["clock"].update(tick=1),
    "stopper has a key too many": lambda c: c["parts"]["stopper"].update(patience=3),
    "stopper lacks a key": lambda c: c["parts"]["stopper"].pop("wait"),
    "rate lacks a key": lambda c: c["parts"]["rate"].pop("plateau_factor"),
    "totals lack a key": lambda c: c["parts"]["totals"].pop("rows"),
    "another player": lambda c: c["parts"]["step"]["optimizers"].update(critic={}),
    "a player is missing": lambda c: c["parts"]["step"]["optimizers"].clear(),
    "step has a key too many": lambda c: c["parts"]["step"].update(lr=0.1),
    "a weight is missing": lambda c: c["parts"]["model"].popitem(),
    "a weight is unknown": lambda c: c["parts"]["model"].update(more=torch.ones(1)),
    "best lacks a key": lambda c: c["parts"]["best"].pop("weights"),
    "a key too many": lambda c: c.update(more=1),
    "a key is missing": lambda c: c.pop("step"),
    "no id": lambda c: c.pop("id"),
    "another run's": lambda c: c.update(id="another"),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    _, run = trained(folder)
    run.checkpoints.save(0, 2)
    return folder


@pytest.mark.parametrize("edit", EDITS)
def test_a_file_that_is_not_exactly_this_runs_is_refused(saved: Path, tmp_path: Path, edit: str) -> None:
    _, run = made(tmp_path, *OVERRIDES)
    run.checkpoints.load(saved / "checkpoints" / "last.pt")  # as it is, it can be read
    path = tmp_path / "checkpoints" / "last.pt"
    path.write_bytes((saved / "checkpoints" / "last.pt").read_bytes())
    edited(path, EDITS[edit])
    with pytest.raises((ValueError, RuntimeError)):
        run.checkpoints.load()


def test_the_command_says_what_is_wrong_with_a_checkpoint(go) -> None:
    overrides = [*OVERRIDES, "epochs=2"]
    with signalled_after(3):
        folder = go(*overrides).folder
    path = folder / "checkpoints" / "last.pt"
    whole = path.read_bytes()
    edited(path, lambda content: content.update(id="0123456789"))
    with pytest.raises(ConfigError, match="belongs to run 0123456789.*force=true") as wrong:
        go(*overrides)
    assert wrong.value.problems[0].given == str(path)
    path.write_bytes(whole[:2000])
    path.with_name("previous.pt").unlink()
    with pytest.raises(ConfigError, match="force=true"):
        go(*overrides)
    assert go(*overrides, "force=true").result["status"] == "finished"


def test_a_clock_is_read_key_by_key() -> None:
    clock = Clock()
    with pytest.raises(KeyError, match="looked"):
        clock.load({"epoch": 1, "step": 2, "seconds": 3.0, "epoch_seconds": 1.0})


def due_after(step: int, monkeypatch) -> None:
    """One checkpoint falls exactly behind `step`; none is cheap."""
    monkeypatch.setattr(CheckpointManager, "cheap", lambda self: False)
    monkeypatch.setattr(CheckpointManager, "due",
                        lambda self: self.components["clock"].step == step and self.saved[1] < step)


def test_the_end_of_a_run_is_saved_also_when_its_last_step_was_saved_before(go, monkeypatch) -> None:
    overrides = [*OVERRIDES, "epochs=2"]
    whole = go(*overrides, "output_dir=whole")
    due_after(whole.result["steps"], monkeypatch)
    assert_same_run(whole.folder, go(*overrides, "output_dir=due").folder)


def test_best_pt_is_there_when_a_kill_fell_between_the_two_files(go, monkeypatch) -> None:
    overrides = [*OVERRIDES, "epochs=1"]
    whole = go(*overrides, "output_dir=whole")
    real, written = checkpoint.save, []

    class Killed(BaseException):
        pass

    def killed(path: Path, content: dict, before: Path | None = None, after: Iterable[Future[None]] = ()) -> None:
        if written and written[-1] != path:  # the second of the pair never comes
            raise Killed
        real(path, content, before, after)
        if content.get("step") != 0:
            written.append(path)

    with monkeypatch.context() as patch:
        patch.setattr("dlrun.engine.checkpoint_manager.save", killed)
        with pytest.raises(Killed):
            go(*overrides, "output_dir=killed")
    assert_same_run(whole.folder, go(*overrides, "output_dir=killed").folder)


def test_a_run_killed_before_its_first_epoch_ended_goes_on(go) -> None:
    overrides = [*OVERRIDES, "epochs=2"]
    whole = go(*overrides, "output_dir=whole")
    for seconds in ("30", "0"):  # without a checkpoint in the epoch, and with one after each step
        with killed_after(3):
            go(*overrides, f"output_dir=killed{seconds}", f"checkpoint_seconds={seconds}")
        killed = go(*overrides, f"output_dir=killed{seconds}", f"checkpoint_seconds={seconds}")
        assert_same_run(whole.folder, killed.folder)


def test_nothing_is_unpickled_but_tensors_and_plain_values(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return builtins.exec, ("raise SystemExit('ran code')",)

    torch.save({"id": Evil()}, tmp_path / "last.pt")
    with pytest.raises(Exception, match=r"[Ww]eights.only"):
        checkpoint.read(tmp_path / "last.pt")
