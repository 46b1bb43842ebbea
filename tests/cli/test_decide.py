"""`dlrun decide`: paired seeds, as many as it needs, and an answer that says what it rests on."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.cli import decide as module
from dlrun.cli.decide import Decision, decide
from dlrun.cli.decide_data import other_data
from dlrun.cli.decide_splits import splits_of
from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.engine.step import EagerStep
from dlrun.preflight.preflight import preflight
from dlrun.report.repeated import look

COMMON = "dataset=digits model=dense model.hidden=[4] epochs=1 threads=1 device=cpu launcher=inline verbosity=0"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)

    def call(*words: str, code: int = 0, common: str = COMMON) -> dict:
        capsys.readouterr()
        assert route(["decide", *words, f"common={common}", "json=true"]) == code
        found = json.loads(capsys.readouterr().out)
        return found.get("data") or {"problems": found["problems"]}

    return call


def test_a_clear_winner_is_known_at_the_first_look_by_the_validation_measure(asked) -> None:
    found = asked("optimizer.lr=0.05", "optimizer.lr=1e-7", "max_seeds=8")
    assert found["best"] == "optimizer.lr=0.05" and found["seeds"] == 5 and found["metric"] == "val/accuracy"
    pair, = found["pairs"]
    results = {(run["config"]["optimizer.lr"], run["config"]["seed"]): run["val"]["accuracy"] for run in map(
        json.loads, (path.read_text() for path in Path("runs").glob("*/*/result.json")))}
    assert len(results) == 10
    assert pair["difference"] == pytest.approx(sum(results[0.05, seed] - results[1e-7, seed] for seed in range(5)) / 5)
    assert found["settings"][0]["values"] == {str(seed): results[0.05, seed] for seed in range(5)}


def test_what_was_trained_is_not_trained_again_and_a_diverged_seed_is_said_and_not_averaged(asked) -> None:
    found = asked("optimizer.lr=0.01", "optimizer=sgd optimizer.lr=1e30", "max_seeds=2", "metric=val/loss", code=0)
    assert found["best"] is None and found["settings"][1]["values"] == {}
    assert "diverged" in found["settings"][1]["lost"]["0"] and found["pairs"][0]["n"] == 0
    before = {path: path.stat().st_mtime_ns for path in Path("runs").glob("*/*/result.json")}
    asked("optimizer.lr=0.01", "optimizer.lr=0.02", "max_seeds=2", "metric=test/loss")
    assert all(path.stat().st_mtime_ns == made for path, made in before.items())


@pytest.mark.parametrize(("words", "says"), [
    (["optimizer=sgd", "optimizer=sgd"], "two settings that differ"), (["optimizer=sgd"], "SETTING SETTING"),
    (["modle=cnn", "model=dense"], "did you mean"), (["seed=1", "epochs=1", "max_seeds=1"], "max_seeds=1"),
    (["optimizer=sgd", "optimizer=adam", "output_dir=runs"], 'in common stands in  common="output_dir=runs"'),
    (["optimizer=sgd", "name='a b"], "expected the words of a command: no closing quotation")])
def test_a_mistake_is_refused_before_anything_is_trained(asked, words: list[str], says: str) -> None:
    problems = asked(*words, code=2)["problems"]
    assert any(says in one["expected"] or says in one["given"] for one in problems) and not Path("runs").exists()


def test_a_quotation_mark_of_what_is_common_that_is_not_closed_is_said(asked) -> None:
    problem, = asked("optimizer=sgd", "optimizer=adam", code=2, common="name='a b")["problems"]
    assert problem["given"] == "common=name='a b" and problem["expected"].endswith("a command: no closing quotation")


def test_a_setting_of_other_data_is_refused_before_anything_is_trained(asked) -> None:
    problem, = asked("optimizer=adam", "optimizer=sgd", "dataset=iris", code=2, common="epochs=1")["problems"]
    assert problem["given"] == "dataset=iris" and not Path("runs").exists()
    assert "of dataset=iris, those of  optimizer=adam  of dataset=digits" in problem["expected"]
    assert problem["expected"].endswith('common="dataset=iris"')


def _table(name: str, rows: int = 40) -> None:
    """a, b and y = 30 a + 7 b + 100."""
    lines = [f"{n % 7},{n % 5},{n % 7 * 30 + n % 5 * 7 + 100}" for n in range(rows)]
    Path(name).write_text("a,b,y\n" + "\n".join(lines) + "\n")


TABLE = "dataset=csv dataset.targets=number model=dense epochs=1 threads=1 device=cpu launcher=inline"


@pytest.mark.parametrize(("words", "common", "says"), [
    (["dataset.target=y", "dataset.target=1 model=linear"], f"{TABLE} dataset.path=t.csv",
     "it measures something else than  dataset.target=y  (dataset.target)"),
    (["dataset.path=u.csv", "dataset.path=t.csv optimizer=sgd"], f"{TABLE} dataset.target=y",
     "its rows are of t.csv, those of  dataset.path=u.csv  of u.csv"),
    (["dataset.unit=character", "dataset.unit=word"], "dataset=text dataset.path=t.txt model=lstm epochs=1",
     "it measures something else than  dataset.unit=character  (dataset.unit)")])
def test_settings_that_measure_different_things_are_refused_before_anything_is_trained(
        asked, words: list[str], common: str, says: str) -> None:
    _table("t.csv", 40)
    _table("u.csv", 50)
    Path("t.txt").write_text("never odd or even " * 600)
    problem, = asked(*words, code=2, common=common)["problems"]
    assert problem["expected"].startswith(says) and not Path("runs").exists()


def test_two_training_files_are_compared_by_the_same_test_rows() -> None:
    first = {"dataset.kind": "csv", "dataset.path": "t.csv", "dataset.test_path": "v.csv", "dataset.target": "y"}
    second = {**first, "dataset.path": "u.csv"}
    assert not other_data(second, first, "a", "test/mae")
    assert other_data(second, first, "a", "val/mae") == "its rows are of u.csv, those of  a  of t.csv"
    assert other_data({**second, "dataset.test_path": "w.csv"}, first, "a", "test/mae")


def test_settings_of_a_target_on_other_scales_are_not_compared_by_them(asked) -> None:
    _table("t.csv")
    common = f"{TABLE} dataset.path=t.csv dataset.target=y verbosity=0"
    words = ("dataset.target_scale=standard", "dataset.target_scale=none", "max_seeds=2")
    for metric in ("val/mse", "val/loss", "val/mae_scaled"):
        said, = asked(*words, f"metric={metric}", common=common, code=2)["problems"]
        assert said["given"] == f"metric={metric}" and "(dataset.target_scale), and the numbers" in said["expected"]
        measures = said["expected"].partition("a measure of both: ")[2].split(", ")
        assert "val/mae" in measures and not {"val/mse", "val/loss", "val/mae_scaled"} & {*measures}
    assert asked(*words, common=common)["metric"] == "val/mae"


@pytest.mark.parametrize(("first", "second", "metric", "keys"), [
    ("validation=0.02", "validation=0.5", "", "validation"), ("train_size=200", "train_size=800", "", "train_size"),
    ("optimizer=sgd", "train_size=800", "metric=best/val/loss", "train_size"),
    ("validation=0.2", "validation={kind: kfold, k: 3}", "metric=val/accuracy",
     "validation, validation.k, validation.kind"),
])
def test_measures_of_other_validation_rows_are_not_compared(asked, first: str, second: str, metric: str, keys: str
                                                            ) -> None:
    problem, = asked(first, f"'{second}'" if " " in second else second, *filter(None, [metric]), code=2)["problems"]
    assert problem["expected"] == (f"it is measured on other validation rows than  {first}  ({keys}); expected a "
                                   "measure of the test rows, as  metric=test/loss")
    assert not Path("runs").exists()


def test_settings_of_other_validation_rows_are_compared_by_what_is_not_of_these(asked) -> None:
    found = asked("train_size=200", "train_size=800", "max_seeds=2", "metric=test/accuracy")
    assert found["pairs"][0]["n"] == 2
    iris = "dataset=iris model=dense model.hidden=[4] epochs=1 threads=1 device=cpu launcher=inline verbosity=0"
    words = ("train_size=60", "train_size=100", "max_seeds=2")
    found = asked(*words, common=f"{iris} 'validation={{size: 20, take: start}}'")
    assert found["metric"] == "val/accuracy" and found["pairs"][0]["n"] == 2, "the first 20 rows, for both"
    for other in ("{size: 0.2, take: start}", "{size: 20, take: end}"):
        assert asked(*words, common=f"{iris} 'validation={other}'", code=2)["problems"]
    folds = [f"'validation={{kind: kfold, k: 3, fitted: {rows}}}'" for rows in ("fold", "all")]
    assert asked(*folds, "max_seeds=2", common=iris)["pairs"][0]["n"] == 2, "the same folds"
    x, y = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32), np.arange(60) % 2
    np.savez("own.npz", x_train=x[:40], y_train=y[:40], x_val=x[40:50], y_val=y[40:50], x_test=x[50:], y_test=y[50:])
    common = ("dataset=npz dataset.path=own.npz model=dense model.hidden=[4] epochs=1 batch_size=8 threads=1 "
              "device=cpu launcher=inline verbosity=0")
    found = asked("train_size=20", "train_size=30", "max_seeds=2", common=common)
    assert found["metric"] == "val/accuracy" and found["pairs"][0]["n"] == 2, "the file's own rows, for both"


@pytest.mark.parametrize(("words", "common", "given"), [
    (["optimizer.lr=0.01,0.02", "optimizer=sgd"], COMMON, "optimizer.lr=0.01,0.02"),
    (["optimizer=adam", "optimizer=sgd"], f"{COMMON} batch_size=32,64", "batch_size=32,64"),
    (["optimizer=adam", "optimizer=sgd"], f"{COMMON} experiment=mine", "rows small, large"),
    (["optimizer=adam", "optimizer=sgd"], f"{COMMON} optimizer.lr=interval(1e-4,1e-1) search=random n_trials=2",
     "search=random")])
def test_a_setting_of_several_runs_a_seed_is_refused_by_what_varies(asked, words: list[str], common: str, given: str
                                                                    ) -> None:
    Path("experiments").mkdir()
    Path("experiments/mine.yaml").write_text("sweep:\n  rows:\n    small: [batch_size=32]\n"
                                             "    large: [batch_size=64]\n")
    problem, = asked(*words, code=2, common=common)["problems"]
    assert problem["given"] == given and "a setting is one run for each seed" in problem["expected"]
    assert not Path("runs").exists()


def test_settings_of_data_of_ones_own_are_compared(asked, tmp_path: Path) -> None:
    (tmp_path / "decided.py").write_text("import numpy as np\ndef rows():\n    x = np.eye(40, dtype='float32')\n"
                                         "    return x, np.arange(40) % 2\n")
    (tmp_path / "configs" / "dataset").mkdir(parents=True)
    (tmp_path / "configs" / "dataset" / "mine.yaml").write_text("_target_: decided.rows\n")
    common = COMMON.replace("dataset=digits", "dataset=mine allow=decided batch_size=8")
    found = asked("optimizer.lr=0.01", "optimizer.lr=0.02", "max_seeds=2", common=common)
    assert found["pairs"][0]["n"] == 2


def test_a_value_with_blanks_is_one_word_of_its_setting(asked) -> None:
    phases = "optimizer=sgd 'phases=[{epoch: 1, lr: 1e-4}]'"
    found = asked("optimizer=sgd", phases, "max_seeds=2", common=COMMON.replace("epochs=1", "epochs=2"))
    assert [one["setting"] for one in found["settings"]] == ["optimizer=sgd", phases]
    assert (found["pairs"][0]["second"], found["pairs"][0]["n"]) == (phases, 2)
    stored = [json.loads(path.read_text())["config"] for path in Path("runs").glob("*/*/result.json")]
    assert sorted(len(config["phases"]) for config in stored) == [0, 0, 1, 1]


def test_a_person_reads_percent_and_by_how_much_the_better_one_is_better(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["decide", "optimizer.lr=1e-7", "optimizer.lr=0.05", "max_seeds=5", f"common={COMMON} epochs=5"]
    assert route(words) == 0
    out = capsys.readouterr().out
    assert re.search(r"setting +val accuracy, % +seeds\n +optimizer.lr=1e-7 +\d+\.\d\d +5\n", out), out
    by = r"optimizer.lr=0.05  is better than  optimizer.lr=1e-7 by \d+\.\d\d \+- \d+\.\d\d over 5 seeds"
    assert re.search(by, out), out
    assert route([*words, "metric=val/loss"]) == 0
    assert re.search(r"optimizer.lr=0.05  is better than  optimizer.lr=1e-7 by \d\.\d+ \+-", capsys.readouterr().out)


def _hashes() -> set[str]:
    return {json.loads(path.read_text())["data"]["hash"] for path in Path("runs").glob("*/*/provenance.json")}


def test_splits_draw_other_rows_for_each_seed_and_the_same_for_all_settings(asked) -> None:
    common = f"{COMMON} max_steps=1"
    found = asked("optimizer.lr=0.01", "optimizer.lr=0.02", "max_seeds=2", "splits=true", common=common)
    assert found["drawn"] == "training, validation and test rows"
    assert len(_hashes()) == 2, "two seeds, each with rows of its own"
    asked("optimizer.lr=0.03", "optimizer.lr=0.04", "max_seeds=2", common=f"{common} output_dir=one")
    one = {json.loads(path.read_text())["data"]["hash"] for path in Path("one").glob("*/*/provenance.json")}
    assert len(one) == 1


@pytest.mark.parametrize("validation", ["validation=kfold", "validation={kind: kfold, k: 3}",
                                   "validation={kind: kfold, k: 3, fold: 1}", "validation={size: 0.3}"])
def test_validation_rows_that_are_chosen_by_a_mapping_are_drawn_anew_too(asked, validation: str) -> None:
    rows = ["a,b,kind", *(f"{number},{number * 7 % 60},{'xy'[number // 30]}" for number in range(60))]
    Path("train.csv").write_text("\n".join(rows) + "\n")
    Path("test.csv").write_text("\n".join([rows[0], *rows[1::6]]) + "\n")
    common = ("dataset=csv dataset.path=train.csv dataset.test_path=test.csv dataset.target=kind model=dense epochs=1 "
              f"threads=1 device=cpu launcher=inline verbosity=0 '{validation}'")
    found = asked("optimizer.lr=0.01", "optimizer.lr=0.02", "max_seeds=2", "splits=true", common=common)
    assert found["drawn"] == "training and validation rows" and found["pairs"][0]["n"] == 2
    assert len(_hashes()) == 2, "two seeds, each with validation rows of its own"


def test_of_a_set_with_test_rows_of_its_own_validation_rows_are_drawn() -> None:
    drawn = splits_of(["dataset=mnist", "model=dense", "validation=0.1"], test_decides=False)
    assert drawn.rows == "training and validation rows"
    config = preflight(["dataset=mnist", "model=dense", *drawn.overrides]).config
    assert (config.validation.take, config.validation.size) == ("random", 0.1)
    assert splits_of(["dataset=iris"], test_decides=True).overrides == ("dataset.split_seed=seed",)
    for words, test, says in ((["dataset=mnist"], True, "test rows of its own, which are the same for all seeds"),
                              (["dataset=mnist", "validation=0"], False, "expected  validation=0.2"),
                              (["dataset=python_docs"], False, "lie in time")):
        with pytest.raises(ConfigError, match=says):
            splits_of(words, test)


def test_settings_of_different_losses_are_not_compared_by_them(asked) -> None:
    common = COMMON.replace("model=dense model.hidden=[4]",
                            "task=reconstruct model=autoencoder train_size=100 max_steps=3")
    words = ("task.loss=mse", "task.loss=binary_cross_entropy", "max_seeds=2")
    said, = asked(*words, common=common, code=2)["problems"]
    assert said["given"] == "metric=val/loss" and "(task.loss), and the numbers are on other scales" in said["expected"]
    assert said["expected"].endswith("expected a measure of both: val/mse")
    assert asked(*words, "metric=val/mse", common=common)["metric"] == "val/mse"


def test_a_measure_that_is_no_number_is_lost_with_its_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.report.run import read_run

    monkeypatch.chdir(tmp_path)
    assert route([*COMMON.replace(" launcher=inline", "").split(), "max_steps=2"]) == 0
    run = read_run(next(Path("runs").glob("*/*/result.json")).parent)
    broken = dataclasses.replace(run, result=run.result | {"val": {**run.result["val"], "accuracy": float("nan")}})
    monkeypatch.setattr("dlrun.report.run.read_run", lambda folder: broken)
    found = Decision(["a", "b"], "val/accuracy", True, 0.95)
    module._read(found, "a", 0, tmp_path)
    assert found.lost == {"a": {0: "its val/accuracy is no number"}} and not found.values
    with pytest.raises(ConfigError, match="metric=steps/mae +the runs have no such measure"):
        module._read(Decision(["a", "b"], "steps/mae", True, 0.95), "a", 0, tmp_path)


def test_ctrl_c_answers_with_the_seeds_that_all_have_and_the_same_command_goes_on(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["decide", "optimizer.lr=0.05", "optimizer.lr=1e-7", "max_seeds=8", f"common={COMMON} max_steps=2"]
    step, taken = EagerStep.__call__, []

    def call(self: EagerStep, batch: Any, number: int) -> None:
        step(self, batch, number)
        taken.append(number)
        if len(taken) == 2 * 7 + 1:  # within the third seed of the second setting
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(EagerStep, "__call__", call)
    assert route(words) == 130
    out = capsys.readouterr().out
    assert "It ended because you have stopped it" in out and "over 2 seeds" in out and "not decided" in out
    assert route([*words, "json=true"]) == 0
    found = json.loads(capsys.readouterr().out)["data"]
    assert found["seeds"] in (5, 8) and found["pairs"][0]["n"] == found["seeds"]


def _drawn(monkeypatch: pytest.MonkeyPatch, means: dict[str, float]) -> list[tuple[int, list[str]]]:
    """Runs whose values are drawn in place of trained; what was asked for, look by look."""
    import random

    seen: list[tuple[int, list[str]]] = []

    def train(found: Decision, going, common, seeds: int) -> int:
        seen.append((seeds, list(going)))
        found.metric = "val/accuracy"
        for name in going:
            found.values[name] = {seed: means[name] + random.Random(f"{name}{seed}").gauss(0, 1)
                                  for seed in range(seeds)}
        return 0

    monkeypatch.setattr(module, "_train", train)
    return seen


def test_it_ends_at_the_first_look_where_a_setting_has_no_number_with_any_seed(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen = _drawn(monkeypatch, {"a=1": 0.0, "a=2": 0.0, "a=3": 0.1})
    train = module._train

    def diverging(found: Decision, going, common, seeds: int) -> int:
        code = train(found, going, common, seeds)
        found.values["a=1"] = {}
        found.lost["a=1"] = dict.fromkeys(range(seeds), "diverged")
        return code

    monkeypatch.setattr(module, "_train", diverging)
    assert route(["decide", "a=1", "a=2"]) == 0
    out = capsys.readouterr().out
    assert len(seen) == 1 and "a=1  -  a=2: no interval (no seeds have a number of both)\n" in out and "nan" not in out
    assert "It ended because no seed of  a=1  has a number." in out and "not decided" in out
    seen.clear()
    found = decide(["a=1", "a=2", "a=3"], [], "", 8, None, lambda decision: None)  # the others go on
    assert [going for _, going in seen] == [["a=1", "a=2", "a=3"], ["a=2", "a=3"]]
    assert found.pairs["a=2", "a=3"].n == 8 and found.pairs["a=1", "a=2"].n == 0


def test_losers_get_no_more_seeds_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _drawn(monkeypatch, {"a=1": 0.0, "a=2": 0.1, "a=3": -9.0})
    found = decide(["a=1", "a=2", "a=3"], [], "", 18, None, lambda decision: None)
    assert [seeds for seeds, _ in seen] == [5, 8, 12, 18] and seen[0][1] == ["a=1", "a=2", "a=3"]
    assert all(going == ["a=1", "a=2"] for _, going in seen[1:]) and found.losers == {"a=3"}
    assert found.ended == "max_seeds=18 are used up" and found.pairs["a=1", "a=3"].n == 5
    values = [found.values["a=1"][seed] - found.values["a=2"][seed] for seed in range(18)]
    assert found.pairs["a=1", "a=2"] == look(values, found.level)


def test_a_tolerance_ends_it_and_a_smaller_loss_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    _drawn(monkeypatch, {"a=1": 0.0, "a=2": 0.0})
    found = decide(["a=1", "a=2"], [], "", 50, 3.0, lambda decision: None)
    assert found.ended == "what is left is known to less than 3" and found.seeds < 50
    lower = Decision(["a", "b"], "val/loss", False, 0.05, pairs={("a", "b"): look([1.0, 1.1, 0.9], 0.05)})
    assert lower.better(("a", "b")) == "b" and lower.losers == {"a"}


def test_it_says_first_what_are_settings_and_what_they_have_in_common(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["decide", "model=cnn", "model=cnn model.dropout=2", "epochs=3"]  # the last was meant for both
    assert route(words) == 2
    assert capsys.readouterr().err.startswith("3 settings: model=cnn  |  model=cnn model.dropout=2  |  epochs=3\n"
                                              'in common: nothing; it would stand in common="..."\n')
    assert route([*words[:3], "common=epochs=3 dataset=digits"]) == 2
    assert capsys.readouterr().err.startswith("2 settings: model=cnn  |  model=cnn model.dropout=2\n"
                                              "in common: epochs=3 dataset=digits\n")
