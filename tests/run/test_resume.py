"""A run that is stopped and started again ends with the bits of one that was left alone; a done run stays as it is."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from dlrun.cli.train import main
from dlrun.config.problem import ConfigError
from dlrun.engine import checkpoint
from dlrun.record.lock import RunLock
from tests.engine.make import made
from tests.helpers.runs import OVERRIDES, Notes, command, custom, files, last_weights, wait_for
from tests.run.stops import Killed, killed_after, signalled_after
from tests.whole.equal import assert_same_run, assert_same_state, rows, state


def test_sigint_and_sigterm_save_and_exit_and_the_same_command_goes_on(go, tmp_path: Path) -> None:
    overrides = ["dataset=digits", "model=dense", "model.hidden=[16]", "model.dropout=0.2", "batch_size=2", "epochs=3",
                 "threads=1", "device=cpu"]
    stopped_at = []
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        before = max((p.stat().st_mtime_ns for p in tmp_path.glob("runs/*/*/provenance.json")), default=0)
        process = command(tmp_path, *overrides)
        wait_for(lambda last=before: any(p.stat().st_mtime_ns > last and (p.parent / "checkpoints/last.pt").exists()
                                         for p in tmp_path.glob("runs/*/*/provenance.json")))
        time.sleep(0.1)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert process.returncode == code, out + err
        assert "Traceback" not in err
        [folder] = tmp_path.glob("runs/*/*")
        result = json.loads((folder / "result.json").read_text())
        assert result["status"] == "interrupted"
        assert f"interrupted by {signal.Signals(number).name} after step {result['steps']:,}" in result["stop_reason"]
        assert result["stop_reason"] in out
        stopped_at.append(result["steps"])
    assert 0 < stopped_at[0] < stopped_at[1] < 3 * 575
    assert any(steps % 575 for steps in stopped_at), "none of the stops fell into an epoch"
    process = command(tmp_path, *overrides)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert "resumed in epoch" in out
    assert_same_run(go(*overrides, "output_dir=whole").folder, folder)


@pytest.mark.parametrize("folds", [[], ["validation={kind: kfold, k: 2}"]], ids=["run", "folds"])
def test_a_stop_under_force_names_the_command_that_resumes_and_it_does(go, folds: list[str]) -> None:
    overrides = [*OVERRIDES, "epochs=3", *folds]
    go(*overrides)
    with signalled_after(7):
        stopped = go(*overrides, "force=true")
    assert stopped.exit_code == 143
    assert "after step 7; the same command without force=true resumes there" in stopped.result["stop_reason"]
    again = go(*overrides)
    assert again.result["status"] == "finished" and rows(again.folder) == rows(go(*overrides, "output_dir=w").folder)
    inner = again.folder / "folds" / "0" if folds else again.folder
    assert len(json.loads((inner / "provenance.json").read_text())["resumed"]) == 1


SLEEPER = """
import time, pathlib, torch
class Sleeper(torch.nn.Module):
    def __init__(self, outputs, input_shape):
        super().__init__()
        self.out = torch.nn.Linear(64, outputs)
    def forward(self, x):
        if self.training:
            pathlib.Path("asleep").touch()
            time.sleep(60)
        return self.out(x.flatten(1))
"""


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    process = command(tmp_path, "dataset=digits", *custom(tmp_path, SLEEPER, "Sleeper"), "device=cpu", "threads=1")
    wait_for((tmp_path / "asleep").exists)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.poll() is None, "the first one waits for the step"
    begin = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 143
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("overrides", [
    ["optimizer=sgd", "optimizer.momentum=0.9", "schedule=cosine"], ["optimizer=lbfgs", "optimizer.iterations=3"],
    ["optimizer=nadam", "schedule=warmup"], ["precision=bf16"], ["optimizer.accumulate=2", "steps_per_epoch=4"],
    ["resident=false", "model=cnn", "model.filters=[4]", "model.batch_norm=true", "augment=gulli"],
    ["optimizer=rmsprop", "optimizer.eps_inside=true", "optimizer.clip_norm=1", "model.max_norm=1", "model.l2=0.01"],
], ids=lambda overrides: overrides[0])
def test_a_stop_in_mid_epoch_changes_no_bit(go, overrides: list[str]) -> None:
    overrides = ["dataset=digits", "model=dense", "model.hidden=[16]", "model.dropout=0.2", "batch_size=250",
                 "epochs=3", *overrides]
    if "model=cnn" in overrides:
        overrides = [override for override in overrides if override != "model=dense"]
    whole = go(*overrides, "output_dir=whole")
    per_epoch = whole.result["steps"] // 3
    for step in (per_epoch - 1, per_epoch + 2, 3 * per_epoch):  # in the first epoch, in the second, at the very end
        with signalled_after(step):
            stopped = go(*overrides, "output_dir=stopped")
        assert (stopped.exit_code, stopped.result["status"], stopped.result["steps"]) == (143, "interrupted", step)
    again = go(*overrides, "output_dir=stopped")
    assert rows(whole.folder) == rows(again.folder)
    for name, weight in last_weights(whole.folder).items():
        assert torch.equal(weight, last_weights(again.folder)[name]), name
    assert whole.result["test"] == again.result["test"]
    if "optimizer=lbfgs" not in overrides:  # whose state has lists
        assert_same_run(whole.folder, again.folder)


@pytest.mark.parametrize("call", [1, 2, 3], ids=["validation", "validation again", "test"])
def test_a_signal_while_rows_are_measured_ends_the_run_between_two_batches(go, monkeypatch, call: int) -> None:
    """Thousands of rows of 500 words are minutes; what was measured is measured again, and no bit differs."""
    from dlrun.assembly import measure

    overrides = [*OVERRIDES, "epochs=2", "batch_size=50", "early_stop=patience"]
    monkeypatch.setattr("dlrun.assembly.build_run._evaluate_batch", lambda *given: 32)
    in_order, calls, batches = measure.in_order, [], []

    def signalled(*given):
        calls.append(given)
        for number, batch in enumerate(in_order(*given)):
            if len(calls) == call:
                batches.append(number)
                if number == 1:
                    os.kill(os.getpid(), signal.SIGTERM)
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(measure, "in_order", signalled)
        stopped = go(*overrides)
    assert (stopped.result["status"], stopped.exit_code) == ("interrupted", 143)
    assert batches == [0, 1]  # the second was read, and not measured
    again, whole = go(*overrides), go(*overrides, "output_dir=whole")
    assert rows(whole.folder) == rows(again.folder)
    assert whole.result["test"] == again.result["test"]
    assert_same_run(whole.folder, again.folder)


def test_the_same_command_on_a_finished_run_prints_its_result_and_changes_no_file(go, capsys) -> None:
    overrides = [*OVERRIDES, "epochs=1"]
    first = go(*overrides)
    assert not first.found
    before, times = files(first.folder), {p: p.stat().st_mtime_ns for p in first.folder.rglob("*")}
    before.pop("lock")
    capsys.readouterr()
    again = go(*overrides, "verbosity=2", "checkpoint_seconds=3")  # neither is part of what the run is
    assert again.found and again.result == first.result and again.exit_code == 0
    assert f"accuracy {100 * first.result['test']['accuracy']:.2f}" in capsys.readouterr().out
    after = files(first.folder)
    after.pop("lock")  # its text names the last process; it is no result
    assert before == after
    times.pop(first.folder / "lock")
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_a_run_that_is_running_elsewhere_is_refused(go, capsys, monkeypatch) -> None:
    overrides = [*OVERRIDES, "epochs=1", "threads=1", "device=cpu"]
    with signalled_after(2):
        folder = go(*overrides).folder
    before = files(folder)
    with RunLock(folder):
        capsys.readouterr()
        assert main(overrides) == 1
        said = capsys.readouterr()
    [sentence] = said.err.splitlines()
    assert f"process {os.getpid()}" in sentence and "has been working on this run since" in sentence
    assert said.out == ""
    assert {k: v for k, v in files(folder).items() if k != "lock"} == {k: v for k, v in before.items() if k != "lock"}
    assert go(*overrides).result["status"] == "finished"


def test_force_runs_again(go) -> None:
    overrides = [*OVERRIDES, "epochs=2"]
    first = go(*overrides)
    (first.folder / "pictures" / "of_old.png").write_bytes(b"")
    again = go(*overrides, "force=true")
    assert not again.found and again.folder == first.folder
    assert not (first.folder / "pictures" / "of_old.png").exists()
    assert len(rows(again.folder)) == 2
    assert again.result["test"] == first.result["test"]


def test_more_epochs_start_from_the_shorter_twin_with_the_bits_of_a_fresh_run(go) -> None:
    fresh = go(*OVERRIDES, "epochs=4", "test_at=[1,3]", "output_dir=fresh")
    short = go(*OVERRIDES, "epochs=2", "test_at=[1]")
    before = files(short.folder)
    notes = Notes()
    long = go(*OVERRIDES, "epochs=4", "test_at=[1,3]", recorders=[notes])
    assert notes.first_epoch == 3
    assert notes.notes == [f"resuming from epoch 2 of {short.folder.name} (same settings, fewer epochs)"]
    assert long.folder != short.folder and files(short.folder) == before
    assert_same_run(fresh.folder, long.folder)
    assert json.loads((long.folder / "provenance.json").read_text())["continues"] == short.folder.name
    assert files(fresh.folder).keys() - files(long.folder).keys() == set(), "pictures too"


def test_a_run_that_started_from_a_twin_can_be_stopped_too(go) -> None:
    fresh = go(*OVERRIDES, "epochs=4", "output_dir=fresh")
    go(*OVERRIDES, "epochs=2")
    with signalled_after(13):
        go(*OVERRIDES, "epochs=4")
    with killed_after(17):
        go(*OVERRIDES, "epochs=4")
    notes = Notes()
    long = go(*OVERRIDES, "epochs=4", recorders=[notes])
    assert notes.notes == [] and notes.first_epoch >= 3
    assert_same_run(fresh.folder, long.folder)


@pytest.mark.parametrize(("short", "long"), [
    (["schedule=cosine"], ["schedule=cosine"]),  # its rates depend on the length
    (["seed=1"], ["seed=2"]),
    (["model.dropout=0.1"], []),
    (["test_at=[1]"], []),  # the longer one would have a row with test metrics that it did not ask for
    ([], ["test_at=[1]"]),
    (["max_steps=7"], []),
    (["threads=2"], ["threads=1"]),
])
def test_other_runs_are_no_twins(go, short: list[str], long: list[str]) -> None:
    go(*OVERRIDES, "epochs=2", *short)
    notes = Notes()
    outcome = go(*OVERRIDES, "epochs=3", *long, recorders=[notes])
    assert notes.notes == [] and notes.first_epoch == 1
    assert len(rows(outcome.folder)) == 3


def test_a_run_that_was_early_stopped_is_no_twin(go) -> None:
    overrides = [*OVERRIDES, "early_stop.patience=1", "early_stop.min_delta=10"]  # stops at epoch 2
    short = go(*overrides, "epochs=3")
    assert short.result["status"] == "stopped"
    notes = Notes()
    assert go(*overrides, "epochs=4", recorders=[notes]).result["stop_reason"] == short.result["stop_reason"]
    assert notes.first_epoch == 1


@pytest.mark.parametrize("key", ["hash", "hardware", "torch"])
def test_a_twin_of_other_data_software_or_hardware_is_none(go, key: str) -> None:
    fresh = go(*OVERRIDES, "epochs=2", "output_dir=fresh")
    short = go(*OVERRIDES, "epochs=1")
    path = short.folder / "provenance.json"
    stored = json.loads(path.read_text())
    place = {"hash": stored["data"], "hardware": stored, "torch": stored["versions"]}[key]
    assert place[key]
    place[key] = "another"
    path.write_text(json.dumps(stored))
    (short.folder / "manifest.json").unlink()  # by which the edit itself would be noticed
    notes = Notes()
    long = go(*OVERRIDES, "epochs=2", recorders=[notes])
    assert notes.notes == [] and notes.first_epoch == 1
    assert_same_run(fresh.folder, long.folder)
    assert "continues" not in json.loads((long.folder / "provenance.json").read_text())


def test_threads_are_chosen_at_the_first_start_and_used_again(go) -> None:
    overrides = [*OVERRIDES, "epochs=2"]
    before = torch.get_num_threads()
    first, second = Notes(), Notes()
    with signalled_after(3):
        go(*overrides, "threads=2", recorders=[first])
    outcome = go(*overrides, "threads=1", recorders=[second])
    assert (first.threads, second.threads) == (2, 2)
    assert second.notes == ["threads=1 is not taken: the run began with 2, and others give other bits"]
    provenance = json.loads((outcome.folder / "provenance.json").read_text())
    assert provenance["threads"] == 2 and len(provenance["resumed"]) == 1
    assert torch.get_num_threads() == before, "the next run of the process is not told"


def test_data_that_changed_since_the_first_start_is_refused(go) -> None:
    overrides = [*OVERRIDES, "epochs=2"]
    with signalled_after(7):
        folder = go(*overrides).folder
    path = folder / "provenance.json"
    stored = json.loads(path.read_text())
    path.write_text(json.dumps({**stored, "data": {**stored["data"], "hash": "0" * 64}}))
    before = files(folder)
    with pytest.raises(ConfigError, match="the data has changed since this run began; force=true trains it again"):
        go(*overrides)
    before.pop("lock")
    assert {k: v for k, v in files(folder).items() if k != "lock"} == before
    assert go(*overrides, "force=true").result["status"] == "finished"


def test_max_steps_ends_in_mid_epoch_and_the_epoch_gets_its_row(go) -> None:
    overrides = [*OVERRIDES, "epochs=9", "max_steps=7"]
    whole = go(*overrides, "output_dir=whole")
    assert (whole.result["steps"], whole.result["epochs"], whole.result["status"]) == (7, 2, "finished")
    assert [row["step"] for row in rows(whole.folder)] == [5, 7]
    for step in (5, 6, 7):
        with signalled_after(step):
            go(*overrides, f"output_dir=at{step}")
        assert_same_run(whole.folder, go(*overrides, f"output_dir=at{step}").folder)


def test_a_kill_after_the_last_of_max_steps_leaves_an_epoch_to_close(go) -> None:
    overrides = [*OVERRIDES, "max_steps=3"]
    whole = go(*overrides, "output_dir=whole")
    with killed_after(4 - 1):
        go(*overrides, "checkpoint_seconds=0")
    with signalled_after(3):
        assert go(*overrides, "checkpoint_seconds=0").result["epochs"] == 0
    again = go(*overrides)
    assert again.result["epochs"] == 1
    assert_same_run(whole.folder, again.folder)


def test_sampling_goes_on_over_the_passes_with_steps_per_epoch(go) -> None:
    odd = go(*OVERRIDES, "steps_per_epoch=3", "epochs=4", "output_dir=odd")
    passes = go(*OVERRIDES, "max_steps=12", "epochs=9", "output_dir=passes")
    assert [row["step"] for row in rows(odd.folder)] == [3, 6, 9, 12]
    for name, weight in last_weights(passes.folder).items():
        assert torch.equal(weight, last_weights(odd.folder)[name]), name
    overrides = [*OVERRIDES, "steps_per_epoch=3", "epochs=4"]
    with signalled_after(7):
        go(*overrides)
    assert_same_run(odd.folder, go(*overrides).folder)


def test_max_seconds_ends_the_run_and_says_so(go) -> None:
    begin = time.monotonic()
    outcome = go(*OVERRIDES, "epochs=100000", "max_seconds=0.3", "verbosity=0")
    assert 0.3 <= outcome.result["seconds"] <= time.monotonic() - begin
    made_rows = rows(outcome.folder)
    last = made_rows[-1]["step"] - (made_rows[-2]["step"] if len(made_rows) > 1 else 0)
    whole = made_rows[0]["step"] if len(made_rows) > 1 else None
    cut = f"; epoch {len(made_rows)} was cut after {last} of {whole} steps" if whole not in (last, None) else ""
    assert f"max_seconds: 0.3 seconds of training are used up{cut}" in outcome.result["stop_reason"]
    assert made_rows[-1]["step"] == outcome.result["steps"] and len(made_rows) == outcome.result["epochs"]


def test_an_epoch_that_max_seconds_cuts_says_so(go) -> None:
    reason = go(*OVERRIDES, "epochs=9", "max_seconds=1e-9", "verbosity=0").result["stop_reason"]
    assert reason == ("stopped at epoch 1: max_seconds: 1e-09 seconds of training are used up; epoch 1 was cut after "
                      "1 of 5 steps")


def test_time_that_was_used_before_a_stop_counts(go, monkeypatch) -> None:
    overrides = [*OVERRIDES, "epochs=1000", "max_seconds=5000"]
    with signalled_after(7):
        folder = go(*overrides).folder
    path = folder / "checkpoints" / "last.pt"
    content = checkpoint.read(path)
    assert 0 < content["parts"]["clock"]["seconds"] < 60
    content["parts"]["clock"]["seconds"] = 6000.0  # as if it had trained so long
    checkpoint.save(path, content)
    from dlrun.run import outcome

    with monkeypatch.context() as patch:
        patch.setattr(outcome, "finished", lambda *given: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            go(*overrides)
    assert [row["epoch"] for row in rows(folder)] == [1, 2], "the half-done epoch is closed"
    step = rows(folder)[-1]["step"]
    assert step in (7, 8)
    outcome = go(*overrides)  # only the result was missing
    assert outcome.result["steps"] == step
    assert "max_seconds" in outcome.result["stop_reason"]


def test_test_rows_are_measured_at_named_epochs_and_never_choose(go) -> None:
    overrides = [*OVERRIDES, "epochs=4", "early_stop.patience=9", "optimizer.lr=0.05"]
    plain, at = go(*overrides, "output_dir=plain"), go(*overrides, "test_at=[1,3]", "output_dir=at")
    assert [sorted(k for k in row if k.startswith("test/")) for row in rows(at.folder)] == [
        ["test/accuracy", "test/loss"], [], ["test/accuracy", "test/loss"], []]
    without = [{k: v for k, v in row.items() if not k.startswith("test/")} for row in rows(at.folder)]
    assert without == rows(plain.folder)
    assert plain.result["best"] == at.result["best"] and plain.result["test"] == at.result["test"]
    assert plain.result["test_at"] == {} and at.result["test_at"].keys() == {"1", "3"}
    one = go(*OVERRIDES, "epochs=1", "optimizer.lr=0.05", "output_dir=one")  # independent: it ends there
    assert at.result["test_at"]["1"].items() <= one.result["test"].items()
    with pytest.raises(ConfigError, match="never used to choose"):
        go(*overrides, "test_at=[1]", "early_stop.monitor=test/loss")


def test_without_validation_all_rows_are_trained_on(go) -> None:
    outcome = go(*OVERRIDES, "epochs=1", "validation=0")
    assert outcome.result["rows"] == {"train": 1437, "val": 0, "test": 360}
    assert outcome.result["val"] == {} and outcome.result["best"] == {}
    assert not (outcome.folder / "checkpoints" / "best.pt").exists()
    assert not any(key.startswith("val/") for row in rows(outcome.folder) for key in row)


def test_train_size_takes_the_first_rows(go, tmp_path: Path) -> None:
    outcome = go(*OVERRIDES, "epochs=1", "train_size=100", "validation=0.25")
    assert outcome.result["rows"] == {"train": 75, "val": 25, "test": 360}
    few, _ = made(tmp_path / "few", *OVERRIDES, "train_size=100", "validation=0.25")
    every, _ = made(tmp_path / "all", *OVERRIDES, "validation=0")
    assert torch.equal(torch.cat([few.train.x, few.val.x]), every.train.x[:100])


def test_a_clean_pass_over_the_training_rows_on_request(go, tmp_path: Path) -> None:
    overrides = [*OVERRIDES, "epochs=2", "evaluate_train=true"]
    outcome = go(*overrides)
    components, _ = made(tmp_path / "other", *overrides)
    x, y = components.train.range(0, components.train.count)
    w1, b1, w2, b2 = last_weights(outcome.folder).values()
    logits = F.linear(F.linear(x.flatten(1), w1, b1).relu(), w2, b2)
    assert outcome.result["train_clean"]["loss"] == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-5)
    assert outcome.result["train_clean"]["accuracy"] == (logits.argmax(1) == y).sum().item() / len(y)
    assert outcome.result["train_clean"] != outcome.result["train"], "that one has dropout on"
    assert "train_clean" not in go(*OVERRIDES, "epochs=1").result


def test_a_killed_run_takes_back_what_was_recorded_after_its_checkpoint(go, monkeypatch) -> None:
    overrides = [*OVERRIDES, "epochs=3"]
    whole = go(*overrides, "output_dir=whole")
    monkeypatch.setattr("dlrun.engine.checkpoint_manager.CheckpointManager.cheap", lambda self: False)
    with killed_after(12):
        go(*overrides)
    [folder] = Path("runs").glob("*/*")
    assert len(rows(folder)) == 2 and state(folder)["/step"] == 0
    (folder / "checkpoints" / ".last.pt.99.tmp").write_bytes(b"half")
    assert_same_run(whole.folder, go(*overrides).folder)
    assert_same_state(whole.folder, folder)
    assert not list(folder.rglob(".*.tmp"))
