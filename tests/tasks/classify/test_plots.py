"""Pictures of classification: mistakes, the plane of points, and where their rows come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dlrun.inference.load import load_run
from tests.tasks.make import data_of


def test_the_worst_sentences_are_written_with_both_classes(go, texts) -> None:
    outcome = go(*texts, "model=conv1d", "model.kernel=3", "model.pool=2", "test_at=5")
    written = (outcome.folder / "pictures" / "mistakes.txt").read_text()
    blocks = [block.splitlines() for block in written.strip().split("\n\n")]
    rows = outcome.result["rows"]["test"] or outcome.result["rows"]["val"]
    measured = outcome.result["test"] or outcome.result["val"]
    assert len(blocks) == round(rows * (1 - measured["accuracy"]))
    assert all(head.startswith(("good → bad", "bad → good")) and "thing number" in text for head, text in blocks)
    shares = [float(head.split("true class ")[1].split(" %")[0]) for head, _ in blocks]
    assert shares == sorted(shares) and shares[-1] <= 50


def test_a_bag_of_words_shows_its_words(go, texts) -> None:
    outcome = go(*[word for word in texts if "maxlen" not in word], "dataset.form=multi_hot", "model=dense",
                 "model.hidden=[4]")
    text = (outcome.folder / "pictures" / "mistakes.txt").read_text().splitlines()[1]
    assert set(text.split()) - {"<unknown>"} <= {"fine", "poor", "thing", "number", "0", "1", "2", "3"} and text


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_each_point_of_the_plane_has_the_colour_of_the_class_that_is_predicted(go, monkeypatch, scale: str) -> None:
    from dlrun.record import plots

    drawn: list[Any] = []
    real = plots.save_regions
    monkeypatch.setattr(plots, "save_regions", lambda path, *values: drawn.append(values) or real(path, *values))
    outcome = go("dataset=blobs", f"dataset.scale={scale}", "model=softmax", "epochs=20", "optimizer.lr=0.1")
    taken, (left, right, bottom, top), points, labels, classes, names = drawn[0]
    data, run = data_of(outcome.folder), load_run(outcome.folder)
    np.testing.assert_allclose(points, data.train.x, rtol=1e-4, atol=1e-5)
    assert np.array_equal(labels, data.train.y) and classes == ("0", "1", "2") and names == ("x", "y")
    assert left < points[:, 0].min() and top > points[:, 1].max()
    side = len(taken)
    for row, column in [(0, 0), (0, side - 1), (side - 1, 0), (side // 2, side // 3)]:
        place = np.array([left + (right - left) * column / (side - 1), bottom + (top - bottom) * row / (side - 1)])
        with torch.no_grad():
            outputs = run.model(torch.from_numpy(data.scale(place[None])))
        assert taken[row, column] == outputs.argmax(1)
    picture = np.asarray(Image.open(outcome.folder / "pictures" / "regions.png").convert("RGB"))
    assert len({tuple(colour) for colour in picture[100:500:7, 100:500:7].reshape(-1, 3)}) >= 3


def test_other_rows_than_points_have_no_plane(go) -> None:
    assert not (go("dataset=iris", "model=softmax", "epochs=1").folder / "pictures" / "regions.png").exists()


def test_the_pictures_of_the_test_rows_come_from_their_measurement(go, monkeypatch) -> None:
    matrices = []
    monkeypatch.setattr("dlrun.record.confusion.save_confusion", lambda path, matrix, classes: (
        matrices.append(matrix), Image.new("L", (2, 2)).save(path)))
    monkeypatch.setattr("dlrun.tasks._base.view.in_order", None)  # a second pass would need it
    outcome = go("model=dense", "model.dropout=0.5", "epochs=1")
    result = outcome.result
    assert matrices[0].sum() == result["rows"]["test"]
    assert np.trace(matrices[0]) / matrices[0].sum() == pytest.approx(result["test"]["accuracy"])
    assert (outcome.folder / "pictures" / "mistakes.png").is_file()


@pytest.mark.parametrize("command", [
    ["dataset=iris", "model=dense", "model.dropout=0.2", "validation=0.2"],  # test rows
    ["dataset=breast_cancer", "model=softmax", "dataset.test=0", "early_stop.patience=1", "early_stop.min_delta=10"],
])
def test_pictures_show_what_was_measured(go, monkeypatch, command: list[str]) -> None:
    """A pass of its own over the rows of the picture, by the kept weights, predicts the same."""
    from dlrun.tasks.classify import plots

    seen = []

    def noted(view):
        found = real(view)
        seen.append((found, real(replace(view, predicted=dict)), view.predicted()))
        return found

    real = plots._predictions
    monkeypatch.setattr(plots, "_predictions", noted)
    go(*command, "epochs=3")
    assert len(seen) == 3, "confusion, reliability, mistakes"
    for found, passed, predicted in seen:
        assert found is predicted[""] is not passed
        assert np.array_equal(found.probabilities, passed.probabilities)
        assert np.array_equal(found.taken, passed.taken) and np.array_equal(found.targets, passed.targets)
