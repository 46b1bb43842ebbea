"""`dlrun ensemble`: means of predictions, weights, paired intervals, and an ensemble that is read as a run."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import bootstrap
from sklearn import metrics as sk

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.inference.ensemble.fitted import fitted_weights
from dlrun.inference.ensemble.folder import load_trained
from dlrun.inference.ensemble.members import load_members
from dlrun.inference.ensemble.rows import shown_validation
from dlrun.inference.load import load_run
from dlrun.inference.trained_folder import ENSEMBLE
from dlrun.record import manifest
from tests.helpers.runs import files
from tests.run.test_evaluate import HEADER, evaluated, lines_of, trained


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classifiers of one table, and old.csv, new.csv beside them."""
    place = tmp_path_factory.mktemp("ensemble")
    (place / "old.csv").write_text("\n".join([HEADER, *lines_of(150, 0)]) + "\n")
    (place / "new.csv").write_text("\n".join([HEADER, *lines_of(200, 1)]) + "\n")
    for words in (["seed=0"], ["seed=1"], ["seed=2", "model.hidden=[]"]):
        of_table(place, *words)
    return place


def of_table(place: Path, *words: str) -> Path:
    return trained(place / "runs", "dataset=csv", f"dataset.path={place / 'old.csv'}", "dataset.target=state",
                   "dataset.drop=[patient]", "optimizer.lr=0.02", *words)


@pytest.fixture
def asked(capsys: pytest.CaptureFixture[str]):
    """What the command answers, or its problems."""
    def call(*words: Any, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        assert route(["ensemble", *map(str, words), "json=true"]) == code
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found["data"] if code == 0 else {"said": " ".join(
            f"{one['given']} {one['expected']}" for one in found["problems"])}

    return call


def runs_of(place: Path) -> list[Path]:
    return sorted(path.parent for path in (place / "runs").glob("*/*/result.json"))


def probabilities(folder: Path, file: Path) -> np.ndarray:
    """Of the second class, by the columns of `predict`."""
    from dlrun.data import preprocessing_state

    run = load_trained(folder)
    columns = {one.name: one.values for one in run.predictions(preprocessing_state.of_table(run.kept, file, print)[1])}
    return np.asarray(columns[f"p({run.data_spec.classes[1]})"], np.float64)


def truth(folder: Path, file: Path) -> np.ndarray:
    second = load_run(folder).data_spec.classes[1]
    return np.array([line.split(",")[3] == second for line in file.read_text().splitlines()[1:]])


def test_its_metrics_are_those_of_the_mean_probabilities_and_its_members_their_own(place: Path, asked: Any) -> None:
    runs, file = runs_of(place), place / "new.csv"
    before = {run: files(run) for run in runs}
    found = asked(*runs, f"data={file}", "weights=[2,1,1]", "resamples=0")
    each, y = [probabilities(run, file) for run in runs], truth(runs[0], file)
    p = np.average(each, axis=0, weights=[2, 1, 1])
    expected = {"accuracy": sk.accuracy_score(y, p > 0.5), "roc_auc": sk.roc_auc_score(y, p),
                "f1": sk.f1_score(y, p > 0.5, average="macro"), "loss": sk.log_loss(y, p)}
    assert {name: found["metrics"][name]["value"] for name in expected} == pytest.approx(expected, abs=1e-5)
    assert [member["weight"] for member in found["members"]] == [0.5, 0.25, 0.25] and found["rows"] == 200
    for run, member, own in zip(runs, found["members"], each):
        assert member["run"] == str(run)
        assert member["metrics"]["loss"] == pytest.approx(sk.log_loss(y, own), abs=1e-5)
    losses = [member["metrics"]["loss"] for member in found["members"]]
    assert found["metrics"]["loss"]["mean"] == pytest.approx(np.mean(losses))
    assert found["metrics"]["loss"]["difference"] == pytest.approx(sk.log_loss(y, p) - np.mean(losses), abs=1e-5)
    assert {run: files(run) for run in runs} == before


def test_on_their_own_test_rows_members_have_the_measures_of_their_results(place: Path, asked: Any) -> None:
    found = asked(place / "runs", "resamples=0")
    for member in found["members"]:
        result = json.loads(Path(member["run"], "result.json").read_text())
        assert {name: member["metrics"][name] for name in ("loss", "accuracy", "f1")} == pytest.approx(
            {name: result["test"][name] for name in ("loss", "accuracy", "f1")}, abs=1e-6)
    assert len(found["members"]) == 3 and found["data"] == "their own test rows"


def test_the_interval_of_a_difference_is_scipys_paired_bootstrap(place: Path, asked: Any) -> None:
    runs, file = runs_of(place), place / "new.csv"
    found = asked(*runs, f"data={file}", "metrics=[accuracy,roc_auc]", "resamples=1500")["metrics"]
    each, y = [probabilities(run, file) for run in runs], truth(runs[0], file)
    for name, score in (("accuracy", lambda y, p: np.mean((p > 0.5) == y)), ("roc_auc", sk.roc_auc_score)):
        mean = np.mean(each, axis=0)
        expected = bootstrap((np.arange(len(y)),), lambda i, score=score, mean=mean: score(y[i], mean[i]) - np.mean([
            score(y[i], own[i]) for own in each]), vectorized=False, method="percentile", n_resamples=1500,
            rng=np.random.default_rng(5)).confidence_interval
        alone = found[name]["interval"][1] - found[name]["interval"][0]
        assert found[name]["difference_interval"] == pytest.approx(list(expected), abs=0.1 * alone), name
        assert found[name]["difference_interval"][1] - found[name]["difference_interval"][0] < 0.7 * alone, "unpaired"


def test_fitted_weights_have_the_least_loss_on_validation_rows_by_another_search(place: Path, asked: Any) -> None:
    """For a mixture of probabilities the loss is convex in the weights, and expectation-maximisation finds its least.
    """
    members = load_members(runs_of(place))
    rows = shown_validation(members, print)
    found = fitted_weights(members[0].run.task, rows)
    shares = torch.sigmoid(rows.outputs[:, :, 0].double())
    likely = torch.where(rows.targets.bool(), shares, 1 - shares).numpy()
    weights = np.full(3, 1 / 3)
    for _ in range(20000):
        weights = (weights[:, None] * likely / (weights @ likely)).mean(1)
    assert found.sum() == pytest.approx(1) and (found >= 0).all()
    assert -np.log(found @ likely).mean() == pytest.approx(-np.log(weights @ likely).mean(), abs=1e-6)
    answer = asked(*runs_of(place), "weights=fitted", "resamples=0")
    assert [member["weight"] for member in answer["members"]] == pytest.approx(list(found))
    assert answer["fitted_on"] == len(rows.targets) == 24 and answer["weights"] == "fitted"


def test_an_ensemble_in_a_folder_is_predicted_with_and_evaluated_as_a_run(place: Path, asked: Any, tmp_path: Path
                                                                         ) -> None:
    here = tmp_path / "here"
    shutil.copytree(place / "runs", here / "runs")
    runs, file = runs_of(here), place / "new.csv"
    found = asked(*runs, f"data={file}", "weights=[1,0,3]", f"into={here / 'best'}", "resamples=0")
    assert found["file"] == str(here / "best" / ENSEMBLE)
    mean = np.average([probabilities(run, file) for run in runs], axis=0, weights=[1, 0, 3])
    assert probabilities(here / "best", file) == pytest.approx(mean, abs=1e-6)
    row = evaluated(here / "best", file, "resamples=0")
    assert {name: one["value"] for name, one in row["metrics"].items()} == pytest.approx(
        {name: one["value"] for name, one in found["metrics"].items()}, abs=1e-6)
    own = evaluated(here / "best", "resamples=0", "metrics=loss")  # its own test rows: those of its members
    result = json.loads((runs[0] / "result.json").read_text())
    assert own["rows"] == result["rows"]["test"]
    os.rename(here / "best", here / "runs" / "best")  # elsewhere, as seen from its members
    with pytest.raises(Exception, match="its member .* is not in"):
        load_trained(here / "runs" / "best")
    os.rename(here / "runs" / "best", here / "best")
    os.rename(here, tmp_path / "moved")  # together
    assert probabilities(tmp_path / "moved" / "best", file) == pytest.approx(mean, abs=1e-6)
    written = tmp_path / "moved" / "best" / ENSEMBLE
    written.write_text(written.read_text().replace("0.75", "0.85"))
    with pytest.raises(Exception, match="checksum is wrong"):
        load_trained(tmp_path / "moved" / "best")


def test_other_commands_say_what_reads_an_ensemble(place: Path, asked: Any, tmp_path: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    asked(place / "runs", f"into={tmp_path / 'best'}", "resamples=0", "metrics=loss")
    assert route(["export", str(tmp_path / "best")]) == 2
    assert "this is an ensemble of runs, for dlrun predict" in " ".join(capsys.readouterr().err.split())
    said = asked(place / "runs", f"into={place}", code=2)["said"]
    assert "expected a new or empty folder" in said
    asked(place / "runs", f"into={tmp_path / 'best'}", "resamples=0", "metrics=accuracy")  # written anew


def test_an_ensemble_of_runs_with_other_test_rows_has_none_of_its_own(place: Path, asked: Any, tmp_path: Path,
                                                                      capsys: pytest.CaptureFixture[str]) -> None:
    seeds = [of_table(place, f"output_dir={tmp_path}", "dataset.split_seed=seed", "model=linear", "dataset.scale=none",
                      f"seed={seed}") for seed in (0, 1)]
    both = tmp_path / "both"
    asked(*seeds, f"data={place / 'new.csv'}", f"into={both}", "resamples=0", "metrics=loss")
    capsys.readouterr()
    assert route(["evaluate", str(both), "resamples=0"]) == 2
    assert "its test rows are others than those of" in " ".join(capsys.readouterr().err.split())
    assert evaluated(both, place / "new.csv", "resamples=0")["rows"] == 200


def test_numbers_whose_scales_differ_are_averaged_in_their_unit(place: Path, asked: Any) -> None:
    """Validation rows that are drawn by the seed make other training rows, and with them another scale."""
    rows = [f"{x},{50 + 7 * x + (x * 37 % 11)}" for x in range(60)]
    (place / "numbers.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    runs = [trained(place / "numbers", "dataset=csv", f"dataset.path={place / 'numbers.csv'}", "dataset.target=y",
                    "validation={take: random}", f"seed={seed}", "dataset.scale=standard") for seed in (0, 1)]
    from dlrun.data import preprocessing_state

    scales = [preprocessing_state.targets(load_run(run).kept)[0] for run in runs]
    assert scales[0].factor != scales[1].factor
    values = []
    for run in runs:
        loaded = load_run(run)
        split = preprocessing_state.of_table(loaded.kept, place / "numbers.csv", print)[1]
        values.append(np.asarray(loaded.predictions(split)[0].values))
    y = np.array([float(row.split(",")[1]) for row in rows])
    found = asked(*runs, f"data={place / 'numbers.csv'}", "resamples=0")["metrics"]
    assert found["mae"]["value"] == pytest.approx(np.abs(np.mean(values, 0) - y).mean(), rel=1e-4)
    assert found["mae"]["mean"] == pytest.approx(np.mean([np.abs(one - y).mean() for one in values]), rel=1e-4)
    assert "each was trained on rows of the other's" in asked(*runs, "weights=fitted", code=2)["said"]
    assert "reads its rows otherwise" in asked(*runs, f"into={place / 'one'}", "resamples=0", code=2)["said"]
    assert not (place / "one").exists()


def test_runs_of_a_series_with_the_same_inputs_are_an_ensemble_whatever_is_kept_of_its_file(tmp_path: Path, asked: Any
                                                                                            ) -> None:
    """A run of an older dlrun has nothing of it; one whose column of times is dropped has that."""
    (tmp_path / "y.csv").write_text("at,y\n" + "".join(f"2020-01-01 {place // 60:02}:{place % 60:02},{place % 7}.5\n"
                                                       for place in range(200)))
    runs = [trained(tmp_path / "runs", "dataset=series", f"dataset.path={tmp_path / 'y.csv'}", "dataset.target=y",
                    "dataset.lookback=4", *words) for words in ([], ["seed=1"], ["seed=2", "dataset.drop=[at]"])]
    fitted = runs[0] / "fitted.json"
    kept = json.loads(fitted.read_text())
    assert kept["asked"].pop("reading") != load_run(runs[2]).kept["asked"]["reading"]
    fitted.write_text(json.dumps(kept))
    (runs[0] / manifest.FILE).write_text(manifest.text(runs[0], manifest.END))
    for place, order in enumerate((runs, runs[::-1])):
        into = tmp_path / str(place)
        found = asked(*order, f"data={tmp_path / 'y.csv'}", f"into={into}", "resamples=0")
        assert evaluated(into, tmp_path / "y.csv", "resamples=0")["metrics"]["mae"]["value"] == pytest.approx(
            found["metrics"]["mae"]["value"], rel=1e-5)
    kept["asked"]["target"] += 1
    fitted.write_text(json.dumps(kept))
    (runs[0] / manifest.FILE).write_text(manifest.text(runs[0], manifest.END))
    with pytest.raises(ConfigError, match="its members have changed since"):
        load_trained(tmp_path / "0")


def test_what_does_not_go_together_is_a_sentence(place: Path, asked: Any) -> None:
    runs = runs_of(place)
    (place / "other.csv").write_text("\n".join([HEADER, *lines_of(150, 3)]) + "\n")
    other = trained(place / "others", "dataset=csv", f"dataset.path={place / 'other.csv'}", "dataset.target=state",
                    "dataset.drop=[patient]")
    words = trained(place / "others", "dataset=csv", f"dataset.path={place / 'old.csv'}", "dataset.target=word",
                    "dataset.drop=[patient]")
    number = trained(place / "others", "dataset=csv", f"dataset.path={place / 'old.csv'}", "dataset.target=x",
                     "dataset.drop=[patient]")
    drawn = trained(place / "others", "dataset=csv", f"dataset.path={place / 'old.csv'}", "dataset.target=state",
                    "dataset.drop=[patient]", "dataset.split_seed=7")
    without = of_table(place, f"output_dir={place / 'others'}", "validation=0")
    codes = trained(place / "others", "dataset=digits", "model=autoencoder", "epochs=1", "max_steps=1")
    cases = [([runs[0], other], "it was trained on other csv data than"),
             ([runs[0], words], "its classes are a, b, and sick, well in"),
             ([runs[0], number], "its task is regress, and classify in"),
             ([runs[0], drawn], "its test rows are others than those of"),
             ([without, runs[0], "weights=fitted"], "has no validation rows"),
             ([codes, runs[0]], "has no predictions that could be averaged"),
             ([runs[0]], "1 run is there; expected two"),
             ([runs[0], runs[1], runs[0]], "it is given twice"),
             ([*runs, "weights=[1,2]"], "3 numbers >= 0, not all 0"),
             ([*runs, "weights=[0,0,0]"], "not all 0"), ([*runs, "weights=[1,-1,1]"], "weights=[1,-1,1]"),
             ([*runs, "metrics=acuracy"], "did you mean"), ([*runs, "target=state"], "expected data=FILE"),
             ([*runs, f"data={place / 'nothing.csv'}"], "no such file"), ([runs[0], place / "no"], "neither a folder")]
    for words_, says in cases:
        assert says in asked(*words_, code=2)["said"], says


def test_the_table_says_ensemble_mean_and_each_member(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert route(["ensemble", str(place / "runs"), "resamples=30"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "3 runs on their own test rows, 30 rows; weights equal"
    assert said[2].split() == ["ensemble", "95", "%", "interval", "members'", "mean", "difference", "95", "%",
                               "interval", "lowest", "highest"]
    accuracy = next(line for line in said if line.strip().startswith("accuracy"))
    assert accuracy.count("%") == 5 and accuracy.count(" to ") == 2
    members = [line.split() for line in said[1:] if line.strip().startswith(("1 ", "2 ", "3 "))]
    results = {f"{run.parent.name}/{run.name}": json.loads((run / "result.json").read_text())["test"]
               for run in runs_of(place)}
    assert [line[1] for line in members] == ["0.333"] * 3 and {line[-1] for line in members} == set(results)
    assert all(f"{results[line[-1]]['loss']:.4f}" in line for line in members)
    assert all("not over seeds" in line for line in said[-2:-1])
