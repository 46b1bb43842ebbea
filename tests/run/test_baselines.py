"""Baselines: models without training, through the same loop into the same folder, against scikit-learn and by hand."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import log_loss, mean_absolute_error

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight
from dlrun.record.console import Console
from tests.engine.make import made
from tests.whole.equal import rows


@pytest.fixture
def walk(tmp_path: Path) -> str:
    """A random walk and its noise, 400 steps."""
    steps = np.random.default_rng(0).normal(size=400)
    lines = [f"{rng:.4f},{level:.4f}" for rng, level in zip(steps, 20 + steps.cumsum())]
    (tmp_path / "walk.csv").write_text("noise,level\n" + "\n".join(lines) + "\n")
    return str(tmp_path / "walk.csv")


def arrays(tmp_path: Path, *overrides: str) -> tuple:
    prepared = made(tmp_path / "other", *overrides)[0].prepared
    return prepared.train, prepared.test


@pytest.mark.parametrize("name", ["wine", "breast_cancer"])
def test_the_majority_is_scikit_learns_prior(go, tmp_path: Path, name: str) -> None:
    outcome = go(f"dataset={name}", "model=majority")
    train, test = arrays(tmp_path, f"dataset={name}", "model=dense")
    theirs = DummyClassifier(strategy="prior").fit(train.x, train.y)
    assert outcome.result["test"]["accuracy"] == pytest.approx(theirs.score(test.x, test.y))
    assert outcome.result["test"]["loss"] == pytest.approx(log_loss(test.y, theirs.predict_proba(test.x)), rel=1e-5)
    assert (outcome.result["parameters"], outcome.result["status"]) == (0, "finished")


@pytest.mark.parametrize(("loss", "strategy"), [("mse", "mean"), ("mae", "median")])
def test_of_numbers_it_is_the_mean_or_for_the_absolute_error_the_median(go, tmp_path: Path, loss: str,
                                                                        strategy: str) -> None:
    outcome = go("dataset=diabetes", "model=majority", f"task.loss={loss}")
    train, test = arrays(tmp_path, "dataset=diabetes", "model=dense")
    theirs = DummyRegressor(strategy=strategy).fit(train.x, train.y)
    wanted = mean_absolute_error(test.y, theirs.predict(test.x))
    assert outcome.result["test"]["mae"] == pytest.approx(wanted, rel=1e-5)
    network = go("dataset=diabetes", "model=dense", "epochs=1", f"task.loss={loss}").result["baseline"]
    assert network["mae"] == pytest.approx(wanted, rel=1e-5), "every regression's result has it beside its own"
    assert (network["model"], network["part"]) == ("majority", "test") and strategy in network["says"]


def test_of_a_text_it_is_the_shares_of_its_characters(go) -> None:
    result = go("dataset=python_docs", "model=majority", "train_size=3000").result
    tokens = made(Path("other"), "dataset=python_docs", "model=lstm", "train_size=3000")[0].prepared.train.x[1:]
    shares = np.bincount(tokens) / len(tokens)
    entropy = -(shares[shares > 0] * np.log(shares[shares > 0])).sum()
    assert result["train"]["loss"] == pytest.approx(entropy, rel=0.02), "of nearly the same characters"
    assert result["test"]["perplexity"] == pytest.approx(np.exp(result["test"]["loss"]), rel=1e-6)


def test_permuted_labels_are_right_as_often_as_their_shares_say(go) -> None:
    result = go("dataset=breast_cancer", "model=permuted", "test_at=[1]").result
    components, _ = made(Path("other"), "dataset=breast_cancer", "model=dense")
    p, q = (np.bincount(part.y) / len(part.y) for part in (components.prepared.train, components.prepared.test))
    count = len(components.prepared.test.y)
    expected = float(p @ q)
    assert abs(result["test"]["accuracy"] - expected) < 3 * np.sqrt(expected * (1 - expected) / count)
    assert result["test"]["accuracy"] < result["baseline"]["accuracy"], "worse than always the same"
    assert result["test_at"]["1"].items() <= result["test"].items(), "the same draw in each measurement"
    other = go("dataset=breast_cancer", "model=permuted", "seed=1").result
    assert other["test"] != result["test"]


def test_permuted_numbers_are_those_of_training_rows(go, tmp_path: Path) -> None:
    outcome = go("dataset=diabetes", "model=permuted")
    train, test = arrays(tmp_path, "dataset=diabetes", "model=dense")
    expected = np.abs(train.y[:, None] - test.y[None, :]).mean()
    assert outcome.result["test"]["mae"] == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("scaled", ["standard", "none", "unit"])
@pytest.mark.parametrize("inputs", ["standard", "none"])
def test_the_last_value_is_told_on_the_targets_scale(go, walk: str, scaled: str, inputs: str) -> None:
    overrides = ["dataset=series", f"dataset.path={walk}", "dataset.target=level", "dataset.lookback=10",
                 "dataset.step=3", "dataset.delay=2", f"dataset.target_scale={scaled}", f"dataset.scale={inputs}"]
    outcome = go(*overrides, "model=last_value")
    level = np.array([float(line.split(",")[1]) for line in Path(walk).read_text().splitlines()[1:]], np.float32)
    test = level[-80:]
    begins = np.arange(80 - 12)  # a window sees begin, +3, +6, +9; the target stands at begin + 10 + 2
    hand = np.abs(test[begins + 12] - test[begins + 9]).mean()
    measured, baseline = outcome.result["test"], outcome.result["baseline"]
    assert measured["mae"] == pytest.approx(hand, rel=1e-4), "in the unit, however it is scaled"
    assert baseline["model"] == "last_value" and baseline["mae"] == pytest.approx(measured["mae"], rel=1e-4)


def test_a_forecast_of_jena_is_measured_in_degrees(go, real_data: Path) -> None:
    outcome = go("dataset=jena", f"data_dir={real_data}", "model=last_value", "dataset.stride=10")
    components, _ = made(Path("other"), "dataset=jena", f"data_dir={real_data}", "model=linear", "dataset.stride=10")
    deviation = components.prepared.targets[0].deviation
    assert components.prepared.data_spec.unit == "°C" and 3 < deviation < 8
    test = outcome.result["test"]
    assert test["mae"] == test["mae_in_units"] == pytest.approx(test["mae_scaled"] * deviation, rel=1e-5)
    assert 1 < test["mae_in_units"] < 5 and outcome.result["baseline"]["mae_in_units"] == pytest.approx(
        test["mae_in_units"], rel=1e-5)


def test_principal_components_are_scikit_learns_and_no_code_of_their_length_is_better(go, tmp_path: Path) -> None:
    outcome = go("dataset=digits", "model=pca", "model.code=5")
    train, test = arrays(tmp_path, "dataset=digits", "model=autoencoder")
    x, y = (part.x.reshape(len(part.x), -1) / 16 for part in (train, test))
    pca = PCA(5).fit(x)
    hand = ((pca.inverse_transform(pca.transform(y)) - y) ** 2).mean()
    assert outcome.result["test"]["mse"] == pytest.approx(hand, rel=1e-4)
    linear = go("dataset=digits", "model=autoencoder", "model.hidden=[]", "model.code=5", "model.output=linear",
                "epochs=10", "optimizer.lr=0.01")
    assert outcome.result["train"]["mse"] < linear.result["train"]["mse"]
    assert (outcome.folder / "pictures/reconstructions.png").is_file()


def test_principal_components_take_any_seed_of_a_run(go) -> None:
    """scikit-learn's seeds end at 2^32 - 1, those of a run do not."""
    one, huge = (go("dataset=wine", "task=reconstruct", "model=pca", "model.code=3", f"seed={seed}")
                 for seed in (2**32 - 1, 2**63 - 1))
    assert one.result["status"] == huge.result["status"] == "finished"


def test_linear_is_one_map_for_every_task_and_flattens_series(go, walk: str) -> None:
    overrides = ["dataset=series", f"dataset.path={walk}", "dataset.target=level", "dataset.lookback=10", "epochs=1"]
    assert go(*overrides, "model=linear").result["parameters"] == 2 * 10 + 1
    assert go("dataset=wine", "model=linear", "epochs=1").result["parameters"] == 13 * 3 + 3
    assert go("dataset=digits", "model=linear", "epochs=1").result["parameters"] == 64 * 10 + 10


def test_epochs_do_not_matter_where_nothing_is_trained(go) -> None:
    outcome = go("dataset=wine", "model=majority", "epochs=7")
    assert outcome.result["epochs"] == 1 and len(rows(outcome.folder)) == 1
    assert go("dataset=wine", "model=majority", "epochs=7").found


@pytest.mark.parametrize("model", ["majority", "permuted"])
def test_a_baselines_folder_is_enough_to_predict(go, tmp_path: Path, capsys, model: str) -> None:
    (tmp_path / "t.csv").write_text("x,kind\n" + "".join(f"{n},{'ab'[n % 3 == 0]}\n" for n in range(60)))
    outcome = go("dataset=csv", "dataset.path=t.csv", "dataset.target=kind", f"model={model}")
    capsys.readouterr()
    assert route(["predict", str(outcome.folder), "t.csv"]) == 0
    told = [row["class"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert set(told) == ({"a"} if model == "majority" else {"a", "b"}) and len(told) == 60


@pytest.mark.parametrize("name", ["dataset.target=[rain,wind]", "dataset.target=[rain,size]"])
def test_several_targets_have_a_majority_and_a_permutation_each(go, tmp_path: Path, name: str) -> None:
    lines = [f"{n},{int(n % 4 == 0)},{int(n % 3 > 0)},{n / 7:.3f}" for n in range(100)]
    (tmp_path / "t.csv").write_text("x,rain,wind,size\n" + "\n".join(lines) + "\n")
    overrides = ["dataset=csv", "dataset.path=t.csv", name, "dataset.test=0.5"]
    majority, permuted = go(*overrides, "model=majority").result, go(*overrides, "model=permuted").result
    for metric, value in majority["baseline"].items():
        assert metric in ("model", "says", "part") or majority["test"][metric] == pytest.approx(value, rel=1e-4)
    measure = "accuracy" if "wind" in name else "rain_accuracy"
    assert majority["test"][measure] > permuted["test"][measure]


def test_the_console_says_the_number_to_beat(go) -> None:
    stream = io.StringIO()
    result = go("dataset=digits", "model=linear", "epochs=1", recorders=[Console(stream)]).result
    share = f"{100 * result['baseline']['accuracy']:.2f} %"
    assert f"\nbaseline (largest class): accuracy {share}\n" in stream.getvalue()
    stream = io.StringIO()
    go("dataset=digits", "model=majority", recorders=[Console(stream)])
    assert "baseline (" not in stream.getvalue(), "it is the number itself"


def test_folds_have_the_mean_of_their_baselines(go) -> None:
    overrides = ["dataset=diabetes", "dataset.test=0", "validation={kind: kfold, k: 3}"]
    result = go(*overrides, "model=linear", "epochs=1").result
    own = go(*overrides, "model=majority").result
    assert result["baseline"]["part"] == "val"
    assert result["baseline"]["mae"] == pytest.approx(own["val"]["mae"], rel=1e-4)


def test_a_wrong_pairing_says_what_fits() -> None:
    for overrides, wanted in ((["model=last_value"], "model=majority fits"),
                              (["model=permuted", "dataset=python_docs"], "model=majority fits"),
                              (["model=majority", "task=reconstruct"], "it trains model=autoencoder"),
                              (["model=pca", "model.code=65"], "a row has 64 values"),
                              (["model=pca", "task=sparse"], "not trained"),
                              (["model=pca", "model.code=20", "train_size=24"], "19 training rows")):
        with pytest.raises(ConfigError) as caught:
            preflight(overrides)
        assert len(caught.value.problems) == 1 and wanted in caught.value.problems[0].expected, overrides


@pytest.mark.parametrize("word", ["majority", "permuted", "pca"])
def test_a_baseline_is_explained_and_summed_up(word: str, capsys) -> None:
    assert route(["explain", f"model={word}"]) == 0 == route(["summary", f"model={word}"])
    said = capsys.readouterr().out
    assert f"model {word}" in said and "there is nothing to train" in said
    assert f"{2_128 if word == 'pca' else 0:,} parameters" in said


def test_a_users_class_without_weights_is_measured(go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "still.py").write_text("import torch\nclass Zero(torch.nn.Module):\n"
                                       "    def forward(self, x):\n        return torch.zeros(len(x), 3)\n")
    (tmp_path / "configs" / "model" / "zero.yaml").write_text("_target_: still.Zero\n")
    result = go("dataset=wine", "model=zero", "allow=still").result
    assert result["status"] == "finished" and result["test"]["loss"] == pytest.approx(np.log(3), rel=1e-5)
    assert torch.get_default_dtype() == torch.float32
