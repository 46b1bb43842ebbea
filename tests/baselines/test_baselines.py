"""Baselines: scikit-learn's models on exactly the rows that a run sees, fitted once for the same content."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from dlrun.baselines import measure as measuring
from dlrun.baselines.measure import measure
from dlrun.baselines.table import baseline_rows
from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.config.schema.root import Config
from dlrun.config.seeds import derive_seed
from dlrun.preflight.preflight import preflight
from tests.engine.make import made


def config(*overrides: str) -> Config:
    return preflight([*overrides, *([] if any(o.startswith("model=") for o in overrides) else ["model=dense"])]).config


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def table(tmp_path: Path) -> list[str]:
    """y = 3 a - 2 b + 10 and noise, 60 rows, a cell missing."""
    rng = np.random.default_rng(0)
    a, b, noise = rng.normal(size=(3, 60)).round(3)
    lines = [f"{x},{z},{3 * x - 2 * z + 10 + e / 2:.4f}" for x, z, e in zip(a, b, noise)]
    lines[7] = "," + lines[7].partition(",")[2]
    (tmp_path / "t.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    return ["dataset=csv", f"dataset.path={tmp_path / 't.csv'}", "dataset.target=y", "dataset.targets=number"]


def test_the_linear_one_is_least_squares_on_the_rows_that_a_run_sees(table: list[str], tmp_path: Path) -> None:
    run = made(tmp_path / "run", *table, "model=dense", "dataset.target_scale=standard")[0]
    (x, y), (x_test, y_test) = (rows.range(0, rows.count) for rows in (run.train, run.test))
    with_one = [np.c_[part.numpy().astype(float), np.ones(len(part))] for part in (x, x_test)]
    weights = np.linalg.lstsq(with_one[0], y.numpy().astype(float), rcond=None)[0]
    scale = run.prepared.targets[0].deviation
    expected = np.abs(with_one[1] @ weights - y_test.numpy()).mean() * scale
    found = measure(config(*table), "linear", print)
    assert found.metrics["mae"] == pytest.approx(expected, rel=1e-5) and found.part == "test"
    assert 0.9 < found.metrics["r2"] < 1


def test_the_forest_is_scikit_learns_own_and_its_seed_is_the_runs() -> None:
    prepared = next(measuring.prepared_rows(config("dataset=wine"), print))
    x, x_test = (prepared.scale(split.x) for split in (prepared.train, prepared.test))
    losses = []
    for seed in (0, 1):
        forest = RandomForestClassifier(random_state=derive_seed(seed, "baseline", "forest") % (1 << 32))
        shares = forest.fit(x, prepared.train.y).predict_proba(x_test)
        losses.append(-np.log(np.clip(shares[np.arange(len(x_test)), prepared.test.y], 1e-15, 1)).mean())
    rows = baseline_rows(config("dataset=wine"), "classes", ["forest"], [0, 1], print)
    assert [*rows[0].values("log_loss").values()] == pytest.approx(losses, rel=1e-4) and losses[0] != losses[1]


def test_the_constant_one_is_the_baseline_of_a_runs_result(go) -> None:
    words = ("dataset=iris", "model=dense", "epochs=1")
    assert measure(config(*words), "constant", print).metrics["accuracy"] == go(*words).result["baseline"]["accuracy"]


def test_the_same_rows_are_fitted_once_and_others_anew(table: list[str], tmp_path: Path, monkeypatch) -> None:
    fitted: list[str] = []
    real = measuring._fitted
    monkeypatch.setattr(measuring, "_fitted", lambda *args: (fitted.append(args[2]), real(*args))[1])
    first, again = (measure(config(*table, *more), "neighbours", print) for more in ((), ("epochs=3",)))
    assert fitted == ["neighbours"] and again.cached and not first.cached and again.metrics == first.metrics
    for other in ("dataset.split_seed=1", "dataset.scale=none", "train_size=20", "validation=0.4", "test_size=3"):
        measure(config(*table, other), "neighbours", print)
    assert len(fitted) == 6
    path = tmp_path / "t.csv"
    path.write_text(path.read_text().replace("\n", "\n9,9,9\n", 1))
    measure(config(*table), "neighbours", print)
    assert len(fitted) == 7


def test_a_damaged_measurement_is_made_again(table: list[str], tmp_path: Path) -> None:
    first = measure(config(*table), "constant", print)
    (file,) = (tmp_path / "cache" / "baselines").iterdir()
    whole = file.read_text()
    place = whole.index('"mae": ') + len('"mae": ')
    for text in (whole[:30], f"{whole[:place]}{(int(whole[place]) + 1) % 10}{whole[place + 1:]}", "[]"):
        file.write_text(text)
        again = measure(config(*table), "constant", print)
        assert not again.cached and again.metrics == first.metrics
    assert measure(config(*table), "constant", print).cached


def test_a_cache_that_cannot_be_written_is_said(table: list[str], monkeypatch) -> None:
    monkeypatch.setenv("DLRUN_CACHE", "/dev/null/cache")
    said: list[str] = []
    assert measure(config(*table), "constant", said.append).metrics["mae"] > 0
    assert any("can't be written" in line and "constant" in line for line in said)


def test_of_folds_the_mean_over_their_validation_rows_is_measured() -> None:
    folds = "validation={kind: kfold, k: 3, shuffle: true}"
    means = [measure(config("dataset=iris", folds[:-1] + f", fold: {fold}}}"), "linear", print) for fold in range(3)]
    found = measure(config("dataset=iris", folds), "linear", print)
    assert found.part == "val"
    assert found.metrics["accuracy"] == pytest.approx(np.mean([one.metrics["accuracy"] for one in means]))


def test_a_class_that_no_training_row_has_gets_no_share() -> None:
    cfg = config("dataset=iris", "dataset.stratify=false", "train_size=3")
    prepared = next(measuring.prepared_rows(cfg, print))
    missing = set(range(3)) - set(prepared.train.y.tolist())
    assert missing, "the first rows hold every class: choose others"
    assert 0 < measure(cfg, "linear", print).metrics["accuracy"] < 1


@pytest.mark.parametrize(("words", "expected"), [
    (["dataset=reuters", "model=lstm"], "its rows are tokens"),
    (["dataset=text", "model=lstm"], "targets are tokens"),
    (["dataset=wine", "dataset.test=0", "validation=0"], "no rows are left to measure on")])
def test_what_no_baseline_learns_from_is_refused(words: list[str], expected: str, tmp_path: Path) -> None:
    if words[0] == "dataset=text":
        (tmp_path / "t.txt").write_text("never odd or even " * 40)
        words = [*words, f"dataset.path={tmp_path / 't.txt'}"]
    if words[0] == "dataset=reuters" and not os.environ.get("DLRUN_DATA"):
        pytest.skip("the data is not on this machine")
    cfg = config(*words)
    with pytest.raises(ConfigError, match=expected):
        measure(cfg, "constant", print)


def test_the_verb_prints_a_row_for_each(table: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert route(["baselines", *table, "seeds=2", "models=[constant,forest]"]) == 0
    out = capsys.readouterr().out
    assert "38 train / 10 val / 12 test" in out and out.count("random forest") == 1
    assert route(["baselines", *table, "models=[constant,forst]"]) == 2
    assert "did you mean  forest" in capsys.readouterr().err


def test_texts_are_bags_of_words_and_of_many_columns_boosting_waits_to_be_named(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = (("a", "fine"), ("b", "dull"))
    lines = [f"{label}\t{word} film number {place}" for place in range(40) for label, word in pairs]
    (tmp_path / "t.txt").write_text("\n".join(lines) + "\n")
    words = ["baselines", "dataset=labelled_text", f"dataset.path={tmp_path / 't.txt'}", "seeds=1", "--json"]
    assert route(words) == 0
    models = json.loads(capsys.readouterr().out)["data"]["models"]
    found = {model["name"]: model["measured"][0]["metrics"] for model in models}
    assert "boosting" not in found and found["linear"]["accuracy"] == 1  # 10,000 columns; one word tells the class
    assert route([*words, "models=boosting", "dataset.num_words=30"]) == 0
