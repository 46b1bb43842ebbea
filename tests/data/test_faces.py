"""CelebA from small made files; the Olivetti faces and the pets from the real ones."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.cats_and_dogs import CatsAndDogs
from dlrun.data.sets.celeba import CelebA
from dlrun.data.sets.olivetti import Olivetti

NAMES = ("Bald", "Smiling", "Wearing_Hat")


@pytest.fixture
def celeba(tmp_path):
    """12 pictures of the standard size: a grey frame, and in the middle square a shade that tells the picture."""
    (tmp_path / "celeba/img_align_celeba").mkdir(parents=True)
    rng, attributes, parts = np.random.default_rng(0), [], []
    values = rng.choice([-1, 1], (12, 3))
    values[:, 1] = np.tile([-1, 1], 6)
    for place in range(12):
        pixels = np.zeros((218, 178, 3), np.uint8)
        pixels[35:183, 15:163] = 20 * place
        Image.fromarray(pixels).save(tmp_path / f"celeba/img_align_celeba/{place + 1:06}.jpg", quality=100)
        attributes.append(f"{place + 1:06}.jpg  " + " ".join(f"{value:2}" for value in values[place]))
        parts.append(f"{place + 1:06}.jpg {place % 4 // 2 + place % 4 // 3}")  # 0, 0, 1, 2, 0, 0, 1, 2 ...
    (tmp_path / "celeba/list_attr_celeba.txt").write_text("\n".join(["12", " ".join(NAMES), *attributes, ""]))
    (tmp_path / "celeba/list_eval_partition.txt").write_text("\n".join(parts) + "\n")
    return tmp_path, values


def test_celeba_is_read_in_its_standard_layout(celeba):
    root, values = celeba
    cfg = CelebA(size=(8,))
    source, seen = read(cfg, str(root), lambda line: None), dataset_info(cfg, str(root))
    assert seen.data_spec == source.data_spec and seen.rows == {"train": 6, "val": 3, "test": 3}
    assert source.data_spec.target_kind == "labels" and source.data_spec.classes == NAMES
    rows = [0, 1, 4, 5, 8, 9]
    assert np.array_equal(source.y, values[rows] == 1) and source.y_val.shape == (3, 3)
    # the square of 148 in the middle is exactly the shade: nothing of the frame is left
    assert np.allclose(source.x.mean((1, 2, 3)), 20 * np.array(rows), atol=1.5) and source.x.std((1, 2, 3)).max() < 1


def test_one_attribute_of_celeba_is_a_class(celeba, monkeypatch):
    from dlrun.data.sets import celeba as reader

    root, values = celeba
    read(CelebA(size=(8,)), str(root), lambda line: None)
    monkeypatch.setattr(reader, "_decode", None)  # the pictures are decoded once, whichever attribute is asked for
    cfg = CelebA(size=(8,), target="Smiling")
    prepared = prepare(cfg, str(root), validation=Holdout(), train_size=None, seed=0, say=lambda line: None)
    assert prepared.data_spec == dataset_info(cfg, str(root)).data_spec
    assert prepared.data_spec.classes == ("not Smiling", "Smiling") and prepared.train.y.tolist() == [0, 1] * 3
    with pytest.raises(ConfigError) as caught:
        dataset_info(dataclasses.replace(cfg, target="Smilling"), str(root))
    assert caught.value.problems[0].expected.endswith("did you mean  Smiling")


def test_a_missing_picture_or_list_of_celeba_is_named(celeba):
    root, _ = celeba
    (root / "celeba/img_align_celeba/000003.jpg").unlink()
    with pytest.raises(ConfigError, match="000003.jpg: there is no such file"):
        read(CelebA(size=(8,)), str(root), lambda line: None)
    (root / "celeba/list_eval_partition.txt").unlink()
    with pytest.raises(ConfigError, match="list_eval_partition.txt is missing"):
        read(CelebA(size=(8,)), str(root), lambda line: None)


def test_olivetti_has_ten_upright_faces_of_each_person(real):
    data_dir = real("faces/olivettifaces.mat").parent.parent
    source = read(Olivetti(), str(data_dir), lambda line: None)
    assert source.x.shape == (400, 1, 64, 64) and np.bincount(source.y).tolist() == [10] * 40
    assert source.data_spec == dataset_info(Olivetti(), "").data_spec
    faces = source.x[:, 0].astype(np.float64)
    mean = faces.mean(0)
    # a face is about the same seen in a mirror, and not when it is turned by 90 degrees
    mirrored, turned = (np.corrcoef(mean.ravel(), other.ravel())[0, 1] for other in (mean[:, ::-1], mean.T))
    assert mirrored > 0.9 > turned
    same = np.mean([np.abs(faces[10 * p] - faces[10 * p + 1]).mean() for p in range(40)])
    other = np.mean([np.abs(faces[10 * p] - faces[(10 * p + 10) % 400]).mean() for p in range(40)])
    assert same < 0.8 * other
    prepared = prepare(Olivetti(), str(data_dir), validation=None, train_size=None, seed=0, say=lambda line: None)
    assert np.bincount(prepared.test.y).tolist() == [2] * 40


@pytest.mark.slow
def test_cats_and_dogs_alternate_in_chollets_parts(real):
    data_dir = real("dogs_vs_cats/cats_and_dogs_small.tar.xz").parent.parent
    cfg = CatsAndDogs(size=(20,))
    source, seen = read(cfg, str(data_dir), lambda line: None), dataset_info(cfg, str(data_dir))
    assert seen.data_spec == source.data_spec and seen.rows == {"train": 2000, "val": 1000, "test": 1000}
    assert source.y.tolist() == [0, 1] * 1000 and source.x.shape == (2000, 3, 20, 20)
    assert len(source.x_val) == len(source.x_test) == 1000 and source.label


def test_a_run_tells_all_attributes_of_celeba(celeba, go):
    root, _ = celeba
    outcome = go("dataset=celeba", f"data_dir={root}", "dataset.size=8", "model=cnn", "model.filters=4", "epochs=1")
    assert outcome.result["config"]["task.kind"] == "multi_label"
    assert set(outcome.result["labels"]) == set(NAMES)
    assert (outcome.folder / "pictures/batch.png").is_file() and (outcome.folder / "pictures/labels.png").is_file()
