"""CelebA from small made files; the Olivetti faces and the pets from the real ones."""

from __future__ import annotations

import dataclasses
import io
import tarfile

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


def test_a_turned_picture_of_celeba_stands_upright_before_its_middle_is_cut(celeba, said):
    root, _ = celeba
    pixels = np.zeros((218, 178, 3), np.uint8)
    pixels[:109, :60] = 200  # a bright corner
    exif = Image.Exif()
    exif[0x0112] = 3
    file = root / "celeba/img_align_celeba/000001.jpg"
    upright, again = CelebA(size=(8,), crop=178), CelebA(size=(8,), crop=178, rows=50)  # one that is not cached
    Image.fromarray(pixels).save(file, quality=100)
    expected = read(upright, str(root), said.append).x[0]
    Image.fromarray(np.ascontiguousarray(np.rot90(pixels, 2))).save(file, quality=100, exif=exif)
    assert np.allclose(read(again, str(root), said.append).x[0].astype(int), expected, atol=3) and expected.std() > 50
    assert [line for line in said if "EXIF" in line] == ["1 pictures are turned as their EXIF orientation says"]
    file.write_bytes(b"no picture")
    with pytest.raises(ConfigError, match="000001.jpg: it is not recognised as a picture"):
        read(CelebA(size=(9,), crop=178), str(root), said.append)


def test_the_pets_are_read_from_their_archive_upright_or_there_is_a_sentence(tmp_path, monkeypatch, said):
    from dlrun.data.sets import cats_and_dogs

    monkeypatch.setattr(cats_and_dogs, "ROWS", {"train": 2, "val": 2, "test": 2})
    exif = Image.Exif()
    exif[0x0112] = 6  # its left side is the bottom of what is stored
    stored = np.zeros((8, 8), np.uint8)
    stored[4:] = 240

    def archived(last: bytes) -> CatsAndDogs:
        (tmp_path / "dogs_vs_cats").mkdir(exist_ok=True)
        with tarfile.open(tmp_path / "dogs_vs_cats/cats_and_dogs_small.tar.xz", "w:xz") as tar:
            for name in (f"{split}/{kind}/{kind[:3]}.1.jpg" for split in ("train", "validation", "test")
                         for kind in ("cats", "dogs")):
                stream = io.BytesIO()
                Image.fromarray(stored).save(stream, "JPEG", quality=100, exif=exif)
                data = last if name == "test/dogs/dog.1.jpg" else stream.getvalue()
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        return CatsAndDogs(size=(8,), channels=1)

    good = io.BytesIO()
    Image.fromarray(stored).save(good, "JPEG", quality=100)
    source = read(archived(good.getvalue()), str(tmp_path), said.append)
    assert np.allclose(source.x[0, 0].astype(int), np.rot90(stored, -1), atol=3)
    assert np.allclose(source.x_test[1, 0].astype(int), stored, atol=3)
    assert "5 pictures are turned as their EXIF orientation says" in said
    with pytest.raises(ConfigError, match=r"is damaged \(test/dogs/dog.1.jpg: it is not recognised"):
        read(archived(b"no picture"), str(tmp_path), said.append)


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
