"""``nearest``: scikit-learn finds the same rows; a copy is at 0; samples stand beside real rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.neighbors import NearestNeighbors
from torch import nn

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.inference.load import load_run
from dlrun.inspection.methods.nearest import Nearest
from dlrun.inspection.subject import Subject
from tests.inspection.subjects import subject

X = np.random.default_rng(0).random((300, 1, 4, 4)).astype(np.float32)
Y = np.arange(300) % 3


def network() -> nn.Module:
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.ReLU(), nn.Linear(6, 3))
    with torch.no_grad():
        for number, weight in enumerate(net.parameters()):
            weight.copy_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(number)))
    return net


def test_the_nearest_rows_are_scikit_learns_by_pixels_and_by_features(tmp_path: Path) -> None:
    net = network()
    found = Nearest(rows=(5, 200), part="train", k=4).inspect(subject(net, X, Y, tmp_path)).values
    features = net[:3](torch.from_numpy(X)).detach().numpy()
    for how, vectors, metric in (("pixels", X.reshape(300, -1), "manhattan"), ("features", features, "euclidean")):
        distances, places = NearestNeighbors(n_neighbors=5, metric=metric).fit(vectors).kneighbors(vectors[[5, 200]])
        distances = distances / (16 if how == "pixels" else 1)
        for row, expected, near in zip(found["rows"], places[:, 1:], distances[:, 1:]):  # the first is the row itself
            assert [one["train"] for one in row[how]] == expected.tolist()
            assert [one["distance"] for one in row[how]] == pytest.approx(near, abs=1e-5)
    sheet = Image.open(tmp_path / "pixels.png")
    assert sheet.size[0] == 5 * 102 + 6, "a row and its four neighbours beside one another"


def test_a_row_that_was_trained_on_is_at_0_from_its_copy(tmp_path: Path) -> None:
    found = Nearest(rows=(7,), part="test", layer="1", k=1).inspect(subject(network(), X, Y, tmp_path)).values
    (near,) = found["rows"][0]["features"]
    assert found["features"] == "what 1 makes" and near == {"train": 7, "distance": pytest.approx(0, abs=1e-5)}
    assert found["rows"][0]["pixels"] == [{"train": 7, "distance": 0.0}]


def test_of_a_run_with_training_rows_alone_no_row_is_its_own_neighbour(tmp_path: Path) -> None:
    there = subject(network(), X, Y, tmp_path)
    there.__dict__["prepared"] = replace(there.prepared, test=None)
    found = Nearest(rows=(5, 200), k=1).inspect(there).values
    assert [row["row"] for row in found["rows"]] == ["train 5", "train 200"]
    assert found == Nearest(rows=(5, 200), k=1, part="train").inspect(subject(network(), X, Y, tmp_path)).values
    assert all(row[how][0]["distance"] > 0 for row in found["rows"] for how in ("pixels", "features"))


def test_samples_of_a_generator_that_copies_are_at_0_where_real_rows_are_not(digits_gan: Path, tmp_path: Path,
                                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    run = load_run(digits_gan)
    there = Subject(run, tmp_path, (), print)
    values = Nearest(count=3).inspect(there).values
    assert values["samples"]["pixels"]["lowest"] > 0.05 and len(values["rows"]) == 3
    train = there.prepared.train.x[[11, 12, 13]].astype(np.float32)
    copies = there.inputs(torch.from_numpy(train) / 16)
    monkeypatch.setattr(run.model.generator, "forward", lambda z: copies)
    found = Nearest(samples=3).inspect(Subject(run, tmp_path, (), print)).values
    assert [row["pixels"][0]["train"] for row in found["rows"]] == [11, 12, 13]
    assert found["samples"]["pixels"]["median"] == pytest.approx(0, abs=1e-6)
    assert found["real_rows"]["pixels"]["lowest"] > 0.01
    expected = NearestNeighbors(n_neighbors=1, metric="manhattan").fit(
        there.prepared.train.x.reshape(-1, 64).astype(float))
    assert there.prepared.test is not None
    distances = expected.kneighbors(there.prepared.test.x.reshape(-1, 64).astype(float))[0] / 64 / 16
    assert distances.min() - 1e-6 <= found["real_rows"]["pixels"]["lowest"] <= np.median(distances)


def test_a_run_that_generates_nothing_has_no_samples(tmp_path: Path, digits: Path,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="this run generates no rows"):
        Nearest(samples=2).inspect(subject(network(), X, Y, tmp_path))
    assert route(["inspect", str(digits), "nearest", "count=2", "layer=conf_1"]) == 2
    assert "layer=conf_1  no such layer; did you mean  conv_1" in capsys.readouterr().err
    assert not (digits / "inspect").exists()
