"""A user's own pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.dataset_info import dataset_info
from dlrun.data.prepare import prepare
from dlrun.data.read import read
from dlrun.data.sets.image_folder import ImageFolder

RNG = np.random.default_rng(0)


def _picture(path, shape=(8, 8, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RNG.integers(0, 256, shape, np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def test_classes_and_files_are_sorted_and_pixels_exact(tmp_path):
    names = ("dog/2.png", "dog/10.png", "cat/deep/b.png", "cat/a.png")
    pixels = {name: _picture(tmp_path / "p" / name) for name in names}
    source = read(ImageFolder(path=str(tmp_path / "p"), size=(8,)), "", print)
    assert source.data_spec.classes == ("cat", "dog") and source.y.tolist() == [0, 0, 1, 1]
    order = ["cat/a.png", "cat/deep/b.png", "dog/10.png", "dog/2.png"]
    assert np.array_equal(source.x.transpose(0, 2, 3, 1), np.stack([pixels[name] for name in order]))


def test_the_order_and_labels_are_torchvisions(tmp_path):
    from dlrun.data.formats.vision import torchvision

    for name in ("b/2.png", "b/1.png", "a/z.jpg", "a/sub/y.png", "c/0.png"):
        _picture(tmp_path / "p" / name)
    torchvision()
    from torchvision.datasets import ImageFolder as Theirs

    theirs = Theirs(str(tmp_path / "p"))
    source = read(ImageFolder(path=str(tmp_path / "p"), size=(8,)), "", print)
    assert source.y.tolist() == theirs.targets and list(source.data_spec.classes) == theirs.classes
    for row, (picture, _) in zip(source.x, theirs):
        assert np.array_equal(row.transpose(1, 2, 0), np.asarray(picture))


def test_parts_are_found_and_grey_and_size_are_as_asked(tmp_path):
    for split, count in (("train", 5), ("validation", 2), ("test", 3)):
        for name in ("cat", "dog"):
            for place in range(count):
                _picture(tmp_path / split / name / f"{place}.png")
    cfg = ImageFolder(path=str(tmp_path), size=(4, 6), channels=1)
    about = dataset_info(cfg, "")
    assert about.rows == {"train": 10, "val": 4, "test": 6} and about.data_spec.input_shape == (1, 4, 6)
    source = read(cfg, "", print)
    theirs = Image.open(tmp_path / "train/cat/0.png").convert("L").resize((6, 4), Image.Resampling.BILINEAR)
    assert np.array_equal(source.x[0, 0], np.asarray(theirs))
    assert dataset_info(cfg, "") == about  # now from the cache


def test_validation_rows_from_the_end_hold_every_class(tmp_path):
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            for place in range(10):
                _picture(tmp_path / split / name / f"{place}.png")
    cfg = ImageFolder(path=str(tmp_path), size=(8,))
    prepared = prepare(cfg, "", validation=Holdout(size=8), train_size=None, seed=0, say=print)
    assert set(prepared.val.y.tolist()) == {0, 1}  # sorted by class they would all be dogs


def test_unreadable_pictures_and_links_that_lead_out_are_left_out_and_said(tmp_path, said):
    _picture(tmp_path / "outside.png")
    for name in ("cat/a.png", "cat/b.png", "dog/a.png"):
        _picture(tmp_path / "p" / name)
    (tmp_path / "p/cat/bad.png").write_bytes((tmp_path / "p/cat/a.png").read_bytes()[:60])
    (tmp_path / "p/dog/link.png").symlink_to(tmp_path / "outside.png")
    (tmp_path / "elsewhere/x").mkdir(parents=True)
    (tmp_path / "p/bird").symlink_to(tmp_path / "elsewhere")
    source = read(ImageFolder(path=str(tmp_path / "p"), size=(8,)), "", said.append)
    assert source.y.tolist() == [0, 0, 1] and source.data_spec.classes == ("cat", "dog")
    assert any("1 unreadable" in line and "cat/bad.png" in line for line in said)
    assert any("1 links" in line for line in said)


def test_a_class_of_which_no_picture_can_be_read_is_refused(tmp_path):
    for name in ("cat/a.png", "cat/b.png", "dog/a.png"):
        _picture(tmp_path / name)
    (tmp_path / "dog/a.png").write_bytes((tmp_path / "cat/a.png").read_bytes()[:60])
    with pytest.raises(ConfigError, match="no train picture of dog can be read"):
        read(ImageFolder(path=str(tmp_path), size=(8,)), "", print)


def test_an_orientation_that_is_not_applied_is_said(tmp_path, said):
    for name in ("cat/a.jpg", "dog/a.jpg", "dog/b.jpg"):
        _picture(tmp_path / name)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(tmp_path / "dog/a.jpg").save(tmp_path / "dog/b.jpg", exif=exif)
    read(ImageFolder(path=str(tmp_path), size=(8,)), "", said.append)
    assert [line.split(",")[0] for line in said if "EXIF" in line] == ["1 pictures have an EXIF orientation"]


@pytest.mark.parametrize(("numbers", "says"), [
    (np.linspace(0, 1, 64, dtype=np.float32), "its numbers are 0 to 1;"),
    (np.arange(64, dtype=np.int32) * 1000, "its numbers are 0 to 63000;"),
    (np.arange(64, dtype=np.float32), ""), (np.arange(64, dtype=np.int32), "")])
def test_numbers_that_bytes_do_not_hold_are_refused(tmp_path, numbers, says):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.fromarray(numbers.reshape(8, 8)).save(tmp_path / name / "a.tif")
    cfg = ImageFolder(path=str(tmp_path), size=(8,), channels=1)
    if says:
        with pytest.raises(ConfigError, match=says):
            read(cfg, "", print)
    else:
        assert read(cfg, "", print).x[0].ravel().tolist() == list(range(64))


def test_sixteen_bits_are_scaled_down_and_not_clipped(tmp_path):
    grey = np.array([[0, 65535], [32768, 256]], np.uint16)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.fromarray(grey).save(tmp_path / name / "a.png")
    source = read(ImageFolder(path=str(tmp_path), size=(2,), channels=1), "", print)
    assert source.x[0, 0].tolist() == [[0, 255], [128, 1]]


def test_a_folder_without_classes_is_a_problem(tmp_path):
    _picture(tmp_path / "one/cat/a.png")
    with pytest.raises(ConfigError, match="only cat/"):
        dataset_info(ImageFolder(path=str(tmp_path / "one")), "")
    for name in ("train/cat/a.png", "train/dog/a.png", "test/cat/a.png", "test/dgo/a.png"):
        _picture(tmp_path / "two" / name)
    with pytest.raises(ConfigError, match="dgo/ is not a class"):
        dataset_info(ImageFolder(path=str(tmp_path / "two")), "")
    with pytest.raises(ConfigError, match="did you mean .*two"):
        dataset_info(ImageFolder(path=str(tmp_path / "tow")), "")
    for name in ("cat", "dog"):
        (tmp_path / "three" / name).mkdir(parents=True)
        (tmp_path / "three" / name / "a.png").write_text("no picture")
    with pytest.raises(ConfigError, match="none of its 2"):
        read(ImageFolder(path=str(tmp_path / "three")), "", print)
