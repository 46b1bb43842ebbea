"""New rows become what they would have become in training, with nothing but what a run stores."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from dlrun.config.problem import ConfigError
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.batches import Rows
from dlrun.data.new_pictures import of_images
from dlrun.data.prepare import prepare
from dlrun.data.sets.boston import Boston
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.digits import Digits
from dlrun.data.sets.image_folder import ImageFolder
from dlrun.data.sets.labelled_text import LabelledText
from dlrun.data.sets.mnist import Mnist
from dlrun.data.sets.series import Series
from dlrun.data.sets.text import Text

torch.set_num_threads(1)


def _stored(cfg, data_dir=""):
    prepared = prepare(cfg, str(data_dir), validation=None, train_size=None, seed=0, say=lambda line: None)
    stored = json.loads(json.dumps(preprocessing.plain(prepared)))
    assert preprocessing.data_spec(stored) == prepared.data_spec and preprocessing.targets(stored) == prepared.targets
    assert preprocessing.vocabulary(stored) == prepared.vocabulary
    return prepared, stored


def _inputs(split, scale):
    rows = Rows(split, scale, torch.device("cpu"), True)
    return rows.range(0, rows.count)[0].numpy()


@pytest.mark.parametrize("given", [{}, {"form": "multi_hot", "num_words": 7}, {"reverse": True, "maxlen": 3}])
def test_texts(tmp_path, given):
    texts = ["A fine film, truly", "not it", "the film of films", "no"]
    (tmp_path / "l.txt").write_text("".join(f"{'ab'[place % 2]}\t{text}\n" for place, text in enumerate(texts)))
    prepared, stored = _stored(LabelledText(path=str(tmp_path / "l.txt"), test=0, **given))
    seen = _inputs(prepared.train, prepared.scale)
    new = _inputs(preprocessing.of_texts(stored, texts), preprocessing.scale(stored))
    assert sorted(map(bytes, seen)) == sorted(map(bytes, new))
    with pytest.raises(ConfigError, match="trained on"):
        preprocessing.of_rows(stored, ["a"], [["1"]])


def test_a_prompt_is_the_last_window(tmp_path):
    (tmp_path / "t.txt").write_text("to be or not to be, that is the question. " * 3)
    _, stored = _stored(Text(path=str(tmp_path / "t.txt"), length=5, form="one_hot"))
    x = _inputs(preprocessing.of_texts(stored, ["whether to BE"]), preprocessing.scale(stored))
    words = preprocessing.vocabulary(stored)
    assert x.shape == (1, len(words), 5) and words.decode(x[0].argmax(0)) == "to be"
    with pytest.raises(ConfigError, match="expected 5 characters or more"):
        preprocessing.of_texts(stored, ["be"])
    _, stored = _stored(Text(path=str(tmp_path / "t.txt"), length=5, unit="word", test=0))
    x = _inputs(preprocessing.of_texts(stored, ["to be"]), preprocessing.scale(stored))
    assert x.tolist() == [[0, 0, 0, *preprocessing.vocabulary(stored).encode("to be")]]


def test_rows_of_a_table_with_words_and_missing_cells(tmp_path):
    lines = [[str(place), "" if place == 3 else f"{place / 7:.3f}", "uvw"[place % 3], str(place % 2)]
             for place in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(",".join(line) for line in [["n", "x", "word", "kind"], *lines]))
    prepared, stored = _stored(Csv(path=str(tmp_path / "t.csv"), target="kind", test=0))
    seen = _inputs(prepared.train, prepared.scale)
    mixed = [[line[2], line[1], "ignored", line[0]] for line in lines]
    new = _inputs(preprocessing.of_rows(stored, ["word", "x", "other", "n"], mixed), preprocessing.scale(stored))
    assert np.array_equal(seen[np.lexsort(seen.T)], new[np.lexsort(new.T)])
    with pytest.raises(ConfigError, match='"word"'):
        preprocessing.of_rows(stored, ["x", "n"], [["1", "2"]])
    with pytest.raises(ConfigError, match="expects a number"):
        preprocessing.of_rows(stored, ["word", "x", "n"], [["u", "one", "2"]])


def test_a_missing_cell_of_a_full_table_is_the_mean(real):
    prepared, stored = _stored(Boston(), real("keras/boston_housing.npz").parent.parent)
    names = list(prepared.data_spec.features)
    x = _inputs(preprocessing.of_rows(stored, names, [["1"] * 12 + ["?"]]), preprocessing.scale(stored))
    assert abs(x[0, 12]) < 1e-6 and x[0, 0] != 0


def test_pictures(tmp_path):
    rng = np.random.default_rng(0)
    files = []
    for name in ("cat/a.png", "cat/b.png", "dog/a.png", "dog/b.png"):
        file = tmp_path / "p" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (9, 7, 3), np.uint8)).save(file)
        files.append(file)
    prepared, stored = _stored(ImageFolder(path=str(tmp_path / "p"), size=(5, 4), scale="standard", test=0))
    seen = _inputs(prepared.train, prepared.scale)
    new = _inputs(of_images(stored, files), preprocessing.scale(stored))
    assert sorted(map(bytes, seen)) == sorted(map(bytes, new))
    with pytest.raises(ConfigError, match="no such file"):
        of_images(stored, [tmp_path / "no.png"])


def test_a_picture_for_the_digits_has_their_levels(tmp_path):
    _, stored = _stored(Digits())
    Image.fromarray(np.full((8, 8), 255, np.uint8)).save(tmp_path / "white.png")
    x = _inputs(of_images(stored, [tmp_path / "white.png"]), preprocessing.scale(stored))
    assert x.shape == (1, 1, 8, 8) and (x == 1).all()
    assert Mnist().kind == "mnist"


def test_windows_of_a_series_go_up_to_its_end(tmp_path):
    (tmp_path / "s.csv").write_text("a,b\n" + "\n".join(f"{t},{t * t}" for t in range(50)))
    prepared, stored = _stored(Series(path=str(tmp_path / "s.csv"), target="b", lookback=6, step=2, delay=4, test=0))
    new = np.array([[t, t * t] for t in range(50)], np.float32)
    x = _inputs(preprocessing.of_series(stored, new), preprocessing.scale(stored))
    seen = _inputs(prepared.train, prepared.scale)
    assert np.array_equal(x[: len(seen)], seen) and len(x) == 50 - 4  # the last window ends with the last step
    assert x[-1, 0, -1] == pytest.approx((49 - 24.5) / np.arange(50).std(), rel=1e-5)
