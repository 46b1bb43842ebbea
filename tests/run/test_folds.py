"""A k-fold run: its folds are runs inside it, it survives what a run survives, and its numbers are theirs."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.engine.fit import execute
from dlrun.preflight.preflight import preflight
from dlrun.record.console import Console
from dlrun.record.recorder import Recorder, RunInfo
from dlrun.report.run import read_run
from dlrun.report.values import value_of
from dlrun.run import folds as of_folds
from dlrun.run.run import run
from tests.helpers.runs import custom, files
from tests.run.stops import Killed, killed_after, signalled_after
from tests.whole.equal import assert_same_run, assert_same_state, result, rows

OVERRIDES = ["dataset=iris", "model=dense", "model.hidden=[8]", "model.dropout=0.2", "batch_size=16", "epochs=3",
             "optimizer.lr=0.01"]  # 6 steps an epoch and fold
FOLDS = "{kind: kfold, k: 4, shuffle: true}"
FINAL = "{kind: kfold, k: 4, shuffle: true, final: true}"


def contents(folder: Path, split: str) -> list[dict]:
    return [json.loads((folder / "folds" / str(fold) / "result.json").read_text())[split] for fold in range(4)]


def test_a_fold_is_the_run_that_it_would_be_alone_and_the_final_fit_the_run_without_validation(go) -> None:
    whole = go(*OVERRIDES, f"validation={FINAL}")
    alone = go(*OVERRIDES, "validation={kind: kfold, k: 4, shuffle: true, fold: 2}")
    assert_same_run(whole.folder / "folds" / "2", alone.folder)
    assert_same_run(whole.folder / "final", go(*OVERRIDES, "validation=0").folder)
    weights = [torch.load(whole.folder / f"folds/{fold}/checkpoints/last.pt", weights_only=True)["parts"]["model"]
               for fold in range(4)]
    assert not torch.equal(*[next(iter(found.values())) for found in weights[:2]]), "each fold has a model of its own"


def test_the_folds_have_the_layout_of_a_run(go) -> None:
    from dlrun.record.recorders.tensorboard import TensorBoardWriter

    outcome = go(*OVERRIDES, f"validation={FINAL}", recorders=[TensorBoardWriter()])
    for place in ("folds/0", "folds/3", "final"):
        names = {str(path.relative_to(outcome.folder / place)) for path in (outcome.folder / place).rglob("*")}
        assert {"config.yaml", "metrics.jsonl", "result.json", "provenance.json", "fitted.json", "checkpoints/last.pt",
                "pictures/confusion.png"} <= names
        assert any(name.startswith("events.out") for name in names)
    assert yaml.safe_load((outcome.folder / "folds/3/config.yaml").read_text())["validation"] == {
        "kind": "kfold", "k": 4, "shuffle": True, "fold": 3}
    own = {path.name for path in outcome.folder.iterdir() if not path.name.startswith(("events", "changes-"))}
    assert own == {
        "config.yaml", "metrics.jsonl", "result.json", "provenance.json", "manifest.json", "pictures", "folds", "final",
        "lock", "packages.txt", "code.txt"}
    assert (outcome.folder / "pictures" / "folds.png").stat().st_size > 1000


def test_means_and_deviations_are_those_of_the_folds(go) -> None:
    outcome = go(*OVERRIDES, f"validation={FOLDS}", "test_at=[2]", "evaluate_train=true")
    found = outcome.result
    assert found == json.loads((outcome.folder / "result.json").read_text())
    assert (found["status"], found["epochs"], found["steps"]) == ("finished", 3, 4 * 3 * 6)
    assert found["rows"] == {"train": 90, "val": 30, "test": 30}
    for split in ("train", "val", "test", "train_clean"):
        for metric in ("loss", "accuracy"):
            values = [fold[metric] for fold in contents(outcome.folder, split)]
            assert [fold[split][metric] for fold in found["folds"]] == values
            assert found[split][metric] == pytest.approx(np.mean(values), rel=1e-12)
            assert found[f"{split}_std"][metric] == pytest.approx(np.std(values, ddof=1), rel=1e-9)
    curves = [rows(outcome.folder / "folds" / str(fold)) for fold in range(4)]
    for number, row in enumerate(rows(outcome.folder)):
        assert (row["epoch"], row["step"]) == (number + 1, 4 * 6 * (number + 1))
        assert set(row) == set(curves[0][number])
        for key in set(row) - {"epoch", "step"}:
            assert row[key] == pytest.approx(np.mean([curve[number][key] for curve in curves]), rel=1e-12)
    lowest = min(rows(outcome.folder), key=lambda row: row["val/loss"])
    assert found["best"]["epoch"] == lowest["epoch"] and found["best"]["val/loss"] == lowest["val/loss"]
    assert found["test_at"]["2"]["loss"] == rows(outcome.folder)[1]["test/loss"]


def test_with_a_final_fit_its_model_is_the_one_that_is_measured_on_the_test_rows(go) -> None:
    outcome = go(*OVERRIDES, f"validation={FINAL}", "test_at=[2,3]")
    found = outcome.result
    assert found["final"]["rows"] == {"train": 120, "val": 0, "test": 30} and found["final"]["epochs"] == 3
    assert found["test"] == found["final"]["test"] and "test_std" not in found
    curve = rows(outcome.folder / "final")
    assert [found["test_at"][epoch]["loss"] for epoch in ("2", "3")] == [row["test/loss"] for row in curve[1:]]
    assert found["test_at"]["3"].items() <= found["test"].items() and found["steps"] == 4 * 3 * 6 + 3 * 8


def test_rows_in_a_second_are_those_of_all_folds_and_of_the_final_fit(go) -> None:
    found = go(*OVERRIDES, f"validation={FINAL}").result
    rows = 3 * (4 * 90 + 120)  # passes over the rows: 6 steps of 16 are more than 90, 8 are more than 120
    assert value_of(found, "rows_per_second") == pytest.approx(rows / found["seconds"])
    found = go(*OVERRIDES, f"validation={FOLDS}", "steps_per_epoch=2").result
    assert value_of(found, "rows_per_second") == pytest.approx(4 * 3 * 2 * 16 / found["seconds"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing stops, to compare with."""
    overrides = [*OVERRIDES, f"validation={FINAL}", "threads=1", "device=cpu"]
    return run(preflight([*overrides, f"output_dir={tmp_path_factory.mktemp('whole')}"]), ["dlrun"], [Recorder()])


QUICK = [(0, 1), (2, 7), (2, 18), (4, 7)]  # of each fold and each moment one


@pytest.mark.parametrize(("fold", "step"), [
    pytest.param(fold, step, marks=[] if (fold, step) in QUICK else pytest.mark.slow)
    for fold in (0, 2, 4) for step in (1, 7, 18)])
def test_killed_inside_a_fold_it_goes_on_there(go, whole, fold: int, step: int, monkeypatch) -> None:
    overrides, trained = [*OVERRIDES, f"validation={FINAL}", "checkpoint_seconds=0"], []
    train = of_folds.train_steps

    def once(checked, run_id, folder, *rest):
        trained.append(folder.path.name)
        if len(trained) == fold + 1:
            with killed_after(step):
                execute(train(checked, run_id, folder, *rest))
            raise Killed
        return (yield from train(checked, run_id, folder, *rest))

    with monkeypatch.context() as patch:
        patch.setattr(of_folds, "train_steps", once)
        with pytest.raises(Killed):
            go(*overrides)
    [folder] = Path("runs").glob("*/*")
    assert not (folder / "result.json").exists()
    called, steps = ("the final fit", 8) if fold == 4 else (f"fold {fold}", 6)
    ended = (step - 1) // steps
    reached = f"epoch {ended} of 3" if ended else "in its first epoch"
    assert read_run(folder).say() == f"unfinished: {called}: {reached} ({fold} of 4 folds done)"
    before = {name: files(folder / "folds" / name) for name in trained[:-1] if name != "final"}
    trained.clear()
    with monkeypatch.context() as patch:
        patch.setattr(of_folds, "train_steps", lambda *given: trained.append(given[2].path.name) or train(*given))
        again = go(*overrides)
    assert trained == ["0", "1", "2", "3", "final"][fold:], "a fold that is done is not trained again"
    assert {name: files(folder / "folds" / name) for name in before} == before
    assert_same_run(again.folder, whole.folder)


@pytest.mark.parametrize("place", ["write_result", "write", "mean_curve", "folds_result"])
def test_killed_between_the_last_fold_and_the_result(go, whole, place: str, monkeypatch) -> None:
    def killed(*given, **named):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(of_folds, place, killed)
        with pytest.raises(Killed):
            go(*OVERRIDES, f"validation={FINAL}")
    [folder] = Path("runs").glob("*/*")
    assert read_run(folder).say() == "unfinished: 4 of 4 folds and the final fit done"
    again = go(*OVERRIDES, f"validation={FINAL}")
    assert_same_run(again.folder, whole.folder)


def test_a_signal_ends_the_run_and_the_same_command_goes_on(go, whole) -> None:
    overrides = [*OVERRIDES, f"validation={FINAL}"]
    with signalled_after(8):
        stopped = go(*overrides)
    assert (stopped.result["status"], stopped.exit_code) == ("interrupted", 143)
    assert stopped.result["stop_reason"].startswith("fold 0: interrupted by SIGTERM after step 8;")
    assert stopped.result["folds"] == [] and stopped.result["val"] == {}
    assert read_run(stopped.folder).say() == "interrupted: fold 0: epoch 1 of 3 (0 of 4 folds done)"
    again = go(*overrides)
    assert not again.found and again.exit_code == 0
    assert_same_run(again.folder, whole.folder)


def test_a_signal_between_two_folds_ends_the_run_before_the_next(go, whole) -> None:
    class Asks(Recorder):
        def fold_done(self, name, result) -> None:
            if name == "1":
                os.kill(os.getpid(), signal.SIGINT)

    overrides = [*OVERRIDES, f"validation={FINAL}"]
    stopped = go(*overrides, recorders=[Asks()])
    assert (stopped.result["status"], stopped.exit_code) == ("interrupted", 130)
    assert "interrupted by SIGINT before fold 2" in stopped.result["stop_reason"]
    assert [fold["fold"] for fold in stopped.result["folds"]] == [0, 1]
    assert read_run(stopped.folder).say() == "interrupted: 2 of 4 folds done"
    assert_same_run(go(*overrides).folder, whole.folder)


MINE = """
import torch
class Mine(torch.nn.Module):
    count = 0
    def __init__(self, outputs, input_shape):
        super().__init__()
        self.out = torch.nn.Linear(4, outputs)
        Mine.count += 1
        self.number = Mine.count
    def forward(self, x):
        if self.training and self.number == 3:
            BODY
        return self.out(x.flatten(1))
"""


def mine(body: str) -> list[str]:
    return ["dataset=iris", *custom(Path.cwd(), MINE.replace("BODY", body), "Mine"), "batch_size=16", "epochs=2",
            "validation={kind: kfold}"]


def test_a_fold_that_diverges_ends_the_run_which_names_it(go) -> None:
    overrides = mine("x = x * float('nan')")
    outcome = go(*overrides)
    assert (outcome.result["status"], outcome.exit_code) == ("diverged", 1)
    assert outcome.result["stop_reason"].startswith("fold 2: the loss became NaN or infinite between steps 1 and 6")
    assert [fold["fold"] for fold in outcome.result["folds"]] == [0, 1]
    assert outcome.result["val"] == {} and not (outcome.folder / "folds" / "3").exists()
    assert go(*overrides).found


def test_a_fold_without_memory_ends_the_run_with_what_would_fit(go) -> None:
    outcome = go(*mine("if torch.is_grad_enabled() and len(x) > 5: raise torch.OutOfMemoryError('no')"))
    assert (outcome.result["status"], outcome.exit_code) == ("out_of_memory", 1)
    assert outcome.result["stop_reason"] == (
        "fold 2: out of memory at batch_size 16; 4 rows at a time fit: batch_size=4 optimizer.accumulate=4 takes the "
        "same steps in parts, batch_size=4 smaller ones")
    assert outcome.result["fitted_batch_size"] == 4


def test_a_fold_that_fails_is_tried_again(go) -> None:
    overrides = mine("import os\n            if not os.path.exists('mended'): raise KeyError('mine is broken')")
    with pytest.raises(KeyError, match="mine is broken"):
        go(*overrides)
    [folder] = Path("runs").glob("*/*")
    found = json.loads((folder / "result.json").read_text())
    assert (found["status"], found["stop_reason"]) == ("failed", "fold 2: KeyError: 'mine is broken'")
    assert "mine.py" in (folder / "traceback.txt").read_text()
    assert read_run(folder).say() == "failed: fold 2: KeyError: 'mine is broken'"
    Path("mended").touch()
    again = go(*overrides)
    assert again.result["status"] == "finished" and not (folder / "traceback.txt").exists()


def test_each_fold_stops_early_for_itself_and_the_mean_curve_ends_with_the_shortest(go) -> None:
    outcome = go(*OVERRIDES, f"validation={FOLDS}", "epochs=60", "optimizer.lr=0.1", "early_stop.patience=2")
    lengths = [len(rows(outcome.folder / "folds" / str(fold))) for fold in range(4)]
    assert len(set(lengths)) > 1 and max(lengths) < 60
    assert outcome.result["status"] == "stopped" and outcome.result["epochs"] == min(lengths)
    assert [fold["epochs"] for fold in outcome.result["folds"]] == lengths
    assert len(rows(outcome.folder)) == min(lengths)
    for fold in range(4):
        curve = rows(outcome.folder / "folds" / str(fold))
        assert outcome.result["folds"][fold]["val"]["loss"] == min(row["val/loss"] for row in curve)


def test_force_trains_all_folds_again(go) -> None:
    overrides = [*OVERRIDES, f"validation={FOLDS}"]
    first = go(*overrides)
    before = files(first.folder / "folds")
    assert go(*overrides).found
    (first.folder / "folds" / "0" / "left").touch()
    again = go(*overrides, "force=true")
    assert not again.found and not (first.folder / "folds" / "0" / "left").exists()
    assert before.keys() == files(first.folder / "folds").keys()
    assert result(first.folder)["val"] == first.result["val"]


def test_data_that_changed_between_two_folds_is_refused(go, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lines = [f"{row},{row % 7},{row * 0.5 + 0.25}" for row in range(60)]
    path.write_text("a,b,price\n" + "\n".join(lines) + "\n")
    overrides = ["dataset=csv", f"dataset.path={path}", "dataset.target=price", "model=dense", "model.hidden=[4]",
                 "epochs=2", "name=same", "validation={kind: kfold, k: 3}"]
    outcome = go(*overrides)
    (outcome.folder / "result.json").unlink()
    provenance = json.loads((outcome.folder / "provenance.json").read_text())
    provenance["data"]["hash"] = "0" * 64
    (outcome.folder / "provenance.json").write_text(json.dumps(provenance))
    with pytest.raises(ConfigError, match="the data has changed since this run began"):
        go(*overrides)


def test_folds_of_a_longer_run_begin_where_those_of_a_shorter_one_ended(go) -> None:
    class Notes(Recorder):
        def __init__(self) -> None:
            self.first: dict[str, int] = {}

        def fold(self, name: str, after: int, together: int = 1) -> Recorder:
            notes = self.first

            class Inner(Recorder):
                def start(self, info: RunInfo) -> None:
                    notes[name] = info.first_epoch

            return Inner()

    whole = go(*OVERRIDES, f"validation={FINAL}", "epochs=5", "output_dir=whole")
    short = go(*OVERRIDES, f"validation={FINAL}")
    notes = Notes()
    longer = go(*OVERRIDES, f"validation={FINAL}", "epochs=5", recorders=[notes])
    assert longer.folder.parent == short.folder.parent
    assert notes.first == dict.fromkeys(("0", "1", "2", "3", "final"), 4)
    assert rows(longer.folder) == rows(whole.folder)
    for place in ("folds/0", "folds/3", "final"):
        assert_same_state(longer.folder / place, whole.folder / place)


def test_all_folds_take_the_threads_of_the_first_start(go) -> None:
    overrides = [*OVERRIDES, f"validation={FOLDS}"]
    with signalled_after(10):
        go(*overrides, "threads=1")
    outcome = go(*overrides, "threads=2")
    for fold in range(4):
        assert json.loads((outcome.folder / f"folds/{fold}/provenance.json").read_text())["threads"] == 1


def test_predict_takes_the_final_fit_a_named_fold_or_says_what_there_is(go, tmp_path: Path, capsys) -> None:
    (tmp_path / "new.csv").write_text("a,b,price\n3,1,\n8,2,\n")
    (tmp_path / "t.csv").write_text("a,b,price\n" + "".join(f"{r},{r % 7},{r * 0.5 + 0.25}\n" for r in range(60)))
    overrides = ["dataset=csv", "dataset.path=t.csv", "dataset.target=price", "model=dense", "model.hidden=[4]",
                 "epochs=3"]
    final = go(*overrides, "validation={kind: kfold, k: 3, final: true}").folder
    folds = go(*overrides, "validation={kind: kfold, k: 3}").folder

    def predict(folder: Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = route(["predict", str(folder), "new.csv"])
        return code, *capsys.readouterr()

    code, out, _ = predict(final)
    assert code == 0 and out == predict(final / "final")[1] and len(out.splitlines()) == 3
    answers = {predict(folds / "folds" / str(fold))[1] for fold in range(3)}
    assert len(answers) == 3 and out not in answers
    code, out, err = predict(folds)
    assert code == 2 and "each fold of this run has a model of its own" in err
    assert "folds/0 is one" in " ".join(err.split())


def test_the_console_has_a_line_a_fold_then_mean_and_deviation(go, capsys) -> None:
    outcome = go(*OVERRIDES, f"validation={FINAL}", recorders=[Console()])
    said = capsys.readouterr().out
    assert "120 in 4 folds of 30 / 30 test" in said
    lines = [line.split() for line in said.splitlines()]
    table = [line for line in lines if line and line[0] in ("0", "1", "2", "3", "mean", "std", "final")]
    assert [line[0] for line in table] == ["0", "1", "2", "3", "mean", "std", "final"]
    assert f"{outcome.result['val']['loss']:.4f} +- {outcome.result['val_std']['loss']:.4f}" in said
    assert not any(line[:1] == ["epoch"] for line in lines)
    go(*OVERRIDES, f"validation={FINAL}", "verbosity=2", "output_dir=loud", recorders=[Console()])
    said = capsys.readouterr().out
    assert said.count("epoch   train loss") == 5 and said.count("finished after epoch 3 (18 steps)") == 4
    go(*OVERRIDES, f"validation={FINAL}", "verbosity=0", "output_dir=quiet", recorders=[Console()])
    assert len(capsys.readouterr().out.splitlines()) == 1
    go(*OVERRIDES, f"validation={FINAL}")
    assert "val    loss" in capsys.readouterr().out, "a run that is found shows the same"


def test_explain_tells_of_folds_and_of_the_final_fit(capsys) -> None:
    assert route(["explain", *OVERRIDES, f"validation={FINAL}"]) == 0
    said = capsys.readouterr().out
    assert "for each of 4 folds (30 of 120 rows, drawn by the seed, each class in its proportion)" in said
    assert "the same 3 epochs with a new model on all 120 rows" in said


def test_a_sweep_hears_of_a_fold_as_a_part_of_its_run(go) -> None:
    from dlrun.sweep.execute.progress_recorder import ProgressRecorder

    told: list[dict] = []
    go(*OVERRIDES, f"validation={FINAL}", recorders=[ProgressRecorder(told.append, every=0)])
    epochs = [message["epochs"] for message in told]
    assert epochs == sorted(epochs) and {message["of"] for message in told} == {15}
    assert {1, 3, 4, 12, 13, 15} <= set(epochs) and epochs[-1] == 15


def test_a_k_fold_run_measures_as_many_test_rows_as_it_is_told_to(go) -> None:
    result = go(*OVERRIDES, f"validation={FOLDS}", "test_size=7").result
    assert result["rows"]["test"] == 7
