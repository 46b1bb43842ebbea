"""A run as an object: its predictions, measures and inputs against what the engine and the command give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits, load_iris

import dlrun

SMALL = {"threads": 1, "device": "cpu", "progress": False}


@pytest.fixture
def digits(folder: Path) -> dlrun.Run:
    return dlrun.train("model.hidden=[32]", model="dense", epochs=20, **SMALL)


def test_predictions_are_the_networks_own(digits: dlrun.Run) -> None:
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8).astype(np.uint8)
    shares, found = digits.predict(images, proba=True), digits.predict(images)
    model = digits.load_model()
    with torch.no_grad():
        by_hand = torch.softmax(model(torch.from_numpy(images[:, None] / np.float32(16))), 1).numpy()
    np.testing.assert_allclose(shares, by_hand, rtol=1e-5, atol=1e-6)
    assert found.dtype == np.int64 and (found == by_hand.argmax(1)).all()
    assert digits.classes == tuple("0123456789")
    assert (found == labels).mean() > 0.8


def test_an_evaluation_measures_what_plain_torch_measures(digits: dlrun.Run) -> None:
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8).astype(np.uint8)
    measured = digits.evaluate(images, labels)
    logits = torch.from_numpy(np.log(digits.predict(images, proba=True)))
    loss = torch.nn.functional.nll_loss(logits, torch.from_numpy(labels))
    assert measured["loss"] == pytest.approx(loss.item(), rel=1e-4)
    assert measured["accuracy"] == pytest.approx((digits.predict(images) == labels).mean())
    assert digits.evaluate(torch.from_numpy(images), [str(label) for label in labels]) == measured


@pytest.mark.parametrize(("classes", "integers"), [(("1", "2"), True), (("-3", "1234567890123456789"), True),
                                                   (("1", "x"), False), (("007", "7"), False)])
def test_classes_are_integers_where_those_of_the_run_are_whichever_rows_come(folder: Path, tmp_path: Path, classes: Any,
                                                                            integers: bool) -> None:
    (tmp_path / "t.tsv").write_text("".join(f"{classes[0]}\tlow\n{classes[1]}\thigh\n" for _ in range(20)))
    run = dlrun.train(f"dataset.path={tmp_path / 't.tsv'}", "dataset.form=multi_hot", "optimizer.lr=0.1",
                      dataset="labelled_text", model="linear", epochs=9, **SMALL)
    found = run.predict(["low"]), run.predict(["low", "high"])
    told = [int(name) for name in classes] if integers else list(classes)
    assert [values.tolist() for values in found] == [told[:1], told]
    assert all(values.dtype.kind == ("i" if integers else "U") for values in found)


def test_inputs_are_preprocessed_as_in_training(folder: Path) -> None:
    run = dlrun.train(dataset="iris", model="linear", epochs=2, **SMALL)
    x, y = load_iris(return_X_y=True)
    seen = run.preprocess(x).numpy()
    assert abs(seen.mean()) < 0.2 and 0.8 < seen.std() < 1.2  # fitted on the training rows: near 0 and 1, not at it
    ratio = np.ptp(seen, axis=0) / np.ptp(x, axis=0)
    np.testing.assert_allclose(seen - seen[0], (x - x[0]) * ratio, atol=1e-4)
    holes = x.copy()
    holes[0, 1] = np.nan
    assert run.preprocess(holes).numpy()[0, 1] == pytest.approx(0, abs=1e-5)  # the training mean, scaled
    assert set(run.predict(x)) <= {"setosa", "versicolor", "virginica"}
    assert run.evaluate(x, np.array(["setosa", "versicolor", "virginica"])[y])["accuracy"] == pytest.approx(
        (run.predict(x) == np.array(["setosa", "versicolor", "virginica"])[y]).mean())


def test_numbers_are_predicted_in_their_unit(folder: Path) -> None:
    run = dlrun.train("dataset.target_scale=standard", dataset="diabetes", model="linear", epochs=30, **SMALL)
    x, y = load_diabetes(return_X_y=True, scaled=False)
    found = run.predict(x)
    assert found.shape == (442,) and 100 < found.mean() < 200
    assert run.evaluate(x, y)["mae_in_units"] == pytest.approx(np.abs(found - y).mean(), rel=1e-4)
    with pytest.raises(dlrun.ConfigError, match="no probabilities"):
        run.predict(x, proba=True)


def test_rows_that_do_not_fit_are_refused(digits: dlrun.Run) -> None:
    with pytest.raises(dlrun.ConfigError, match=r"trained on image rows of \(1, 8, 8\)"):
        digits.predict(np.zeros((2, 9, 9), np.uint8))
    with pytest.raises(dlrun.ConfigError, match="bytes"):
        digits.predict(np.zeros((2, 8, 8)))
    with pytest.raises(dlrun.ConfigError, match="one for each of the 2 rows"):
        digits.evaluate(np.zeros((2, 8, 8), np.uint8), [1])
    with pytest.raises(dlrun.ConfigError, match="class 11"):
        digits.evaluate(np.zeros((2, 8, 8), np.uint8), [1, 11])
    with pytest.raises(dlrun.ConfigError, match="weights=finest"):
        digits.load_model("finest")


def test_the_weights_are_those_that_were_asked_for(folder: Path) -> None:
    run = dlrun.train("model.hidden=[8]", "early_stop.patience=1", model="dense", early_stop="patience", epochs=12,
                      optimizer={"lr": 0.3}, **SMALL)
    best, last = (torch.load(run.folder / "checkpoints" / f"{name}.pt", weights_only=True) for name in ("best", "last"))
    expected = {"best": best["model"], "last": last["parts"]["model"], "measured": best["model"]}
    for weights, state in expected.items():
        model = run.load_model(weights).state_dict()
        assert all(torch.equal(model[name], value) for name, value in state.items()), weights


X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
ON = (X > 0).astype(int)
CLASSES = np.array(["no", "yes"])[ON[:, 0]]
TARGETS = {"classes": CLASSES, "number": X @ np.float32([1, -2, 0.5]) + 3, "labels": ON}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dlrun.Run]:
    place = tmp_path_factory.mktemp("trained")
    return {kind: dlrun.train(data=(X, y), model="linear", epochs=1, output_dir=place / kind, **SMALL)
            for kind, y in TARGETS.items()}


def holed(values: np.ndarray, hole: object) -> list[object]:
    return [*values.tolist()[:7], hole, *values.tolist()[8:]]


@pytest.mark.parametrize(("kind", "y", "expected"), [
    ("labels", 2 * ON - 1, 'the target -1 of ".*" in row . +expected 0 or 1'),
    ("labels", ON * 0.9, r'the target 0.9 of ".*" in row . +expected 0 or 1'),
    ("labels", holed(ON, [1, None, 0]), 'the target None of ".*" in row 7 +expected 0 or 1'),
    ("labels", ON[:, :1], r"targets of the shape \(60, 1\) +expected a column for each of"),
    ("number", holed(TARGETS["number"], np.nan), "the target nan in row 7 +expected a finite number"),
    ("number", holed(TARGETS["number"], "b"), "the target b in row 7 +expected a finite number"),
    ("number", np.arange(60).astype("M8[D]"), "the target 1970-01-01 in row 0 +expected a finite number"),
    ("number", X[:, :2], r"targets of the shape \(60, 2\) +expected one in each of the 60 rows"),
    ("number", 1, "y +expected a target for each of the 60 rows, not int"),
    ("number", [[1], [1, 2]] * 30, "y +expected rows of one shape"),
    ("classes", np.eye(2)[ON[:, 0]], r"targets of the shape \(60, 2\)"),
    ("classes", holed(CLASSES, None), "class None"), ("classes", "yes", "y +expected a target")])
def test_targets_that_cannot_be_measured_are_refused(trained: dict[str, dlrun.Run], kind: str, y: object,
                                                     expected: str) -> None:
    with pytest.raises(dlrun.ConfigError, match=expected):
        trained[kind].evaluate(X, y)


def test_targets_may_have_any_form_of_their_values(trained: dict[str, dlrun.Run]) -> None:
    y = TARGETS["number"]
    for kind, forms in (("labels", (ON.astype(bool), ON.astype(float), np.array(["no", "yes"])[ON])),
                        ("number", (y[:, None], y.astype(str), y.astype(object))),
                        ("classes", (CLASSES[:, None], CLASSES.tolist()))):
        expected = trained[kind].evaluate(X, TARGETS[kind])
        assert all(trained[kind].evaluate(X, form) == pytest.approx(expected) for form in forms) and expected
    with pytest.raises(dlrun.ConfigError, match="x +expected rows of one shape"):
        trained["number"].predict([[1, 2, 3], [1, 2]])
