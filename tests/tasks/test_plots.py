"""What a run leaves for the eye beside the pictures of images: activations, texts, tags, ways between codes, points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from torch.nn import functional as F

from dlrun.config.places import data_dir
from dlrun.data.prepare import prepare
from dlrun.data.prepared import PreparedData
from dlrun.inference.load import load_run

TEXTS = "".join(f"{label},{word} {word} thing number {number % 4}\n"
                for number in range(30) for label, word in (("good", "fine"), ("bad", "poor")))


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    """Sentences of which every tenth has the other label: no model can get them right."""
    lines = TEXTS.splitlines()
    lines[::10] = [line.replace("good,", "x,").replace("bad,", "good,").replace("x,", "bad,") for line in lines[::10]]
    (tmp_path / "texts.csv").write_text("label,text\n" + "\n".join(lines) + "\n")
    return ["dataset=labelled_text", "dataset.path=texts.csv", "dataset.maxlen=6", "epochs=5", "batch_size=8"]


def data_of(folder: Path) -> PreparedData:
    """The data of a run, read again."""
    config = load_run(folder).config
    return prepare(config.dataset, str(data_dir(config.data_dir)), validation=config.validation,
                   train_size=config.train_size, seed=config.seed, say=lambda line: None)


def tile(picture: np.ndarray, column: int, row: int, size: int) -> np.ndarray:
    """The middle of a tile with a caption, gray."""
    x, y = 6 + column * (size + 6), 6 + row * (size + 22)
    return picture[y:y + size, x:x + size]


def test_activations_are_what_the_first_filters_make_of_the_first_row(go) -> None:
    outcome = go("model=cnn", "model.filters=[3,2]", "model.hidden=[4]", "epochs=1")
    names = {path.name for path in (outcome.folder / "pictures").glob("activations*")}
    assert names == {"activations.png", "activations-last.png"}
    test = data_of(outcome.folder).test
    assert test is not None
    x = torch.from_numpy(np.array(test.x[:1])).float() / 16
    weights = dict(load_run(outcome.folder).model.named_parameters())
    maps = F.relu(F.conv2d(x, weights["conv_1.weight"], weights["conv_1.bias"], padding=1))[0].detach().numpy()
    picture = np.asarray(Image.open(outcome.folder / "pictures" / "activations.png"))
    for place, values in enumerate([x[0, 0].numpy(), *maps]):
        expected = np.round(255 * (values - values.min()) / max(values.max() - values.min(), 1e-12))
        shown = tile(picture, place % 2, place // 2, 96)[6::12, 6::12].astype(float)
        assert np.abs(shown - expected).max() <= 1, place


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
def test_each_point_of_the_plane_has_the_colour_of_the_class_that_it_is_taken_for(go, monkeypatch, scale: str) -> None:
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


def test_each_word_of_a_sentence_has_its_tag(go, real_data: Path) -> None:
    outcome = go("dataset=treebank", "model=gru", "model.units=8", "epochs=1", "train_size=400", "dataset.maxlen=60")
    head, *lines = filter(None, (outcome.folder / "pictures" / "sentences.txt").read_text().splitlines())
    part = data_of(outcome.folder).test
    assert part is not None and part.y is not None
    assert [len(line.split()) for line in lines] == (part.x[:20] != 0).sum(1).tolist()
    classes = data_of(outcome.folder).data_spec.classes
    for line, ids, tags in zip(lines, part.x, part.y):
        said = [word.rpartition("/")[2] for word in line.split()]
        true = [tag.rpartition("[")[2].rstrip("]") for tag in said]
        assert true == [classes[tag] for tag, word in zip(tags, ids) if word]
    assert (outcome.folder / "pictures" / "confusion.png").is_file()


def test_a_way_between_two_rows_begins_and_ends_with_them(go) -> None:
    outcome = go("model=autoencoder", "epochs=1")
    picture = np.asarray(Image.open(outcome.folder / "pictures" / "between.png"))
    line = picture[6:102, 6:]
    first, back = line[:, :96], line[:, 102:198]
    batch = np.asarray(Image.open(outcome.folder / "pictures" / "reconstructions.png"))
    assert np.array_equal(first, batch[6:102, 6:102])
    assert np.array_equal(line[:, 9 * 102:9 * 102 + 96], batch[6:102, 108:204])  # the second shown row
    assert np.abs(back.astype(int) - batch[108:204, 6:102]).max() <= 1


def test_the_projector_reads_words_and_rows(go, texts) -> None:
    outcome = go(*texts, "model=lstm", "model.units=5", "projector=true")
    config = points_of(outcome.folder)
    assert [one.tensor_name for one in config.embeddings] == ["embedding_1", "features"]
    words = (outcome.folder / config.embeddings[0].metadata_path).read_text().splitlines()
    vectors = np.loadtxt(outcome.folder / config.embeddings[0].tensor_path)
    weights = load_run(outcome.folder).model.get_parameter("embedding_1.weight").detach().numpy()
    assert len(words) == len(vectors) and {"fine", "poor", "thing"} <= set(words)
    np.testing.assert_allclose(vectors, weights[:len(vectors)], rtol=1e-5)
    features = np.loadtxt(outcome.folder / config.embeddings[1].tensor_path)
    assert features.shape[1] == 5


def test_the_projector_shows_images_at_their_points(go) -> None:
    outcome = go("model=dense", "model.hidden=[6]", "epochs=1", "projector=true")
    one, = points_of(outcome.folder).embeddings
    assert list(one.sprite.single_image_dim) == [8, 8] and list(one.tensor_shape) == [360, 6]
    sheet = np.asarray(Image.open(outcome.folder / one.sprite.image_path))[:, :, 0]
    assert sheet.shape == (19 * 8, 19 * 8)
    labels = (outcome.folder / one.metadata_path).read_text().split()
    mean = [np.mean([sheet[8 * (i // 19):8 * (i // 19) + 8, 8 * (i % 19) + 3:8 * (i % 19) + 5].mean()
                     for i in range(360) if labels[i] == digit]) for digit in "01"]
    assert mean[0] < 0.7 * mean[1], "the middle of a 0 is empty, that of a 1 is not"


def points_of(folder: Path) -> Any:
    """What TensorBoard's own reader finds of a run's points."""
    plugin = ProjectorPlugin(TBContext(logdir=str(folder.absolute())))
    plugin._update_configs()
    return plugin._configs["."]


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
