"""A user's own pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.data.dataset_info import dataset_info
from dlrun.data.new_pictures import of_images
from dlrun.data.prepare import prepare
from dlrun.data.preprocessing_state import plain
from dlrun.data.read import read
from dlrun.data.sets.image_folder import ImageFolder
from dlrun.preflight.preflight import preflight

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


def _marked(corner: int = 0) -> np.ndarray:
    """9 x 6 pixels, smooth enough for a JPEG, with another shade in each corner."""
    rows, columns = np.mgrid[:9, :6]
    return np.stack([20 * rows + 10, 40 * columns + 10, 10 * (rows + columns) + corner], -1).astype(np.uint8)


def _turned(path, orientation, pixels, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, exif=exif, **how)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_pictures_stand_as_their_orientation_says(tmp_path, said, suffix):
    how = {"webp": {"lossless": True}}.get(suffix, {})
    for orientation in range(1, 9):
        _turned(tmp_path / f"p/{'cat' if orientation < 5 else 'dog'}/{orientation}.{suffix}", orientation, _marked(),
                **how)
    source = read(ImageFolder(path=str(tmp_path / "p"), size=(9, 6)), "", said.append)
    files = sorted((tmp_path / "p").glob("*/*"))
    stored = {orientation: np.asarray(Image.open(tmp_path / f"p/cat/1.{suffix}")) for orientation in range(1, 9)}
    upright = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
               5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a, -1),
               7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: np.rot90}  # as the EXIF standard draws them
    for row, file, orientation in zip(source.x, files, range(1, 9)):
        expected = Image.fromarray(np.ascontiguousarray(upright[orientation](stored[orientation])))
        assert np.array_equal(row.transpose(1, 2, 0), np.asarray(expected.resize((6, 9), Image.Resampling.BILINEAR)))
        theirs = ImageOps.exif_transpose(Image.open(file)).convert("RGB").resize((6, 9), Image.Resampling.BILINEAR)
        assert np.array_equal(row.transpose(1, 2, 0), np.asarray(theirs))
    # Pillow has always turned TIFF files
    assert [line.split()[0] for line in said if "EXIF" in line] == (["7"] if suffix != "tif" else [])
    assert source.revision == (2 if suffix != "tif" else 1)


def test_only_runs_of_folders_that_are_read_otherwise_are_other_runs(tmp_path, monkeypatch):
    def ids(folder):
        command = ["dataset=image_folder", f"dataset.path={tmp_path / folder}", "dataset.size=8", "model=dense",
                   "validation=0", "dataset.test=0"]
        found = identity(preflight(command).config)
        read(ImageFolder(path=str(tmp_path / folder), size=(8,)), "", lambda line: None)
        assert identity(preflight(command).config) == found, "also from the cache"
        with monkeypatch.context() as before:
            before.setattr(ImageFolder, "read_revision", lambda *_: 1)
            return found, identity(preflight(command).config)

    for folder, orientation in (("one", 1), ("none", None), ("odd", 9), ("six", 6)):
        _picture(tmp_path / folder / "cat/a.png")
        if orientation is None:
            _picture(tmp_path / folder / "dog/a.jpg")
        else:
            _turned(tmp_path / folder / "dog/a.jpg", orientation, _marked())
        now, before = ids(folder)
        assert (now != before) == (folder == "six"), folder
    for folder, top in (("bytes", 255), ("unit", 1)):
        _picture(tmp_path / folder / "cat/a.png")
        (tmp_path / folder / "dog").mkdir()
        Image.fromarray(np.linspace(0, top, 64, dtype=np.float32).reshape(8, 8)).save(tmp_path / folder / "dog/a.tif")
        now, before = ids(folder)
        assert (now != before) == (folder == "unit"), folder


NUMBERS = {  # numbers of 64 pixels, and what they become
    "floats to 1": (np.linspace(0, 1, 64, dtype=np.float32), np.rint(np.linspace(0, 255, 64))),
    "floats to 0.5": (np.linspace(0, 0.5, 64, dtype=np.float32), np.rint(np.linspace(0, 127.5, 64, dtype=np.float32))),
    "floats to 255": (np.linspace(0, 255, 64, dtype=np.float32), np.floor(np.linspace(0, 255, 64, dtype=np.float32))),
    "zeros": (np.zeros(64, np.float32), np.zeros(64)),
    "integers to 63": (np.arange(64, dtype=np.int32), np.arange(64)),
    "all 31 bits": ((np.arange(64, dtype=np.int64) * 2**31 // 64).astype(np.int32), np.arange(64) * 4),
    "all 32 bits": ((np.arange(64, dtype=np.int64) * 2**32 // 64).astype(np.uint32), np.arange(64) * 4),
}
REFUSED = {
    "integers to 63000": (np.arange(64, dtype=np.int32) * 1000, "its numbers are 0 to 63000; expected 0 to 255, or"),
    "below 0": (np.linspace(-1, 1, 64, dtype=np.float32), "its numbers are -1 to 1; expected floats from 0 to 1"),
    "below 0, integers": (np.arange(-1, 63, dtype=np.int32), "its numbers are -1 to 62"),
    "above 255": (np.linspace(0, 300, 64, dtype=np.float32), "its numbers are 0 to 300"),
    "not finite": (np.array([np.nan, *range(63)], np.float32), "not all finite"),
}


def _of_numbers(folder, numbers, name="a.tif"):
    """A picture of 64 numbers in either class; Pillow itself writes no unsigned 32 bits."""
    for kind in ("cat", "dog"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        unsigned = numbers.dtype == np.uint32
        Image.fromarray((numbers.view(np.int32) if unsigned else numbers).reshape(8, 8)).save(folder / kind / name)
        if unsigned:
            data, tag = (folder / kind / name).read_bytes(), b"\x53\x01\x03\0\x01\0\0\0"  # the form of samples, one
            assert tag + b"\x02" in data
            (folder / kind / name).write_bytes(data.replace(tag + b"\x02", tag + b"\x01"))
    return ImageFolder(path=str(folder), size=(8,), channels=1)


@pytest.mark.parametrize("name", NUMBERS)
def test_floats_and_32_bits_are_scaled_by_their_type(tmp_path, name):
    numbers, expected = NUMBERS[name]
    assert read(_of_numbers(tmp_path, numbers), "", print).x[0].ravel().tolist() == expected.tolist()


@pytest.mark.parametrize("name", REFUSED)
def test_numbers_that_are_ambiguous_are_refused(tmp_path, name):
    numbers, says = REFUSED[name]
    cfg = _of_numbers(tmp_path, numbers)
    for look in (lambda: dataset_info(cfg, ""), lambda: read(cfg, "", print)):  # by the check of the command, too
        with pytest.raises(ConfigError, match=says):
            look()


def test_all_files_together_decide_what_is_white(tmp_path):
    _of_numbers(tmp_path / "dim", np.linspace(0, 0.25, 64, dtype=np.float32), "a.tif")
    cfg = _of_numbers(tmp_path / "dim", np.linspace(0, 1, 64, dtype=np.float32), "b.tif")
    assert read(cfg, "", print).x[:2, 0].max((1, 2)).tolist() == [64, 255]
    _of_numbers(tmp_path / "mixed", np.linspace(0, 1, 64, dtype=np.float32), "a.tif")
    cfg = _of_numbers(tmp_path / "mixed", np.linspace(0, 255, 64, dtype=np.float32), "b.tif")
    with pytest.raises(ConfigError, match=r"(?s)a\.tif.*0 to 1; expected floats from 0 to 1 in every picture, or"):
        read(cfg, "", print)


def test_new_pictures_have_the_white_of_the_training(tmp_path, said):
    cfg = _of_numbers(tmp_path / "p", np.linspace(0, 1, 64, dtype=np.float32))
    kept = plain(prepare(cfg, "", validation=None, train_size=None, seed=0, say=lambda line: None))
    dim = np.linspace(0, 0.25, 64, dtype=np.float32).reshape(8, 8)
    Image.fromarray(dim).save(tmp_path / "dim.tif")
    Image.fromarray(dim * 1000).save(tmp_path / "bright.tif")
    assert of_images(kept, [tmp_path / "dim.tif"], said.append).x.max() == 64
    assert said == ["pictures of floats are scaled: 1 is white"]
    with pytest.raises(ConfigError, match="its numbers are 0 to 250; expected floats from 0 to 1, as in the others"):
        of_images(kept, [tmp_path / "bright.tif"])


def test_colours_are_what_pillow_makes_of_each_mode(tmp_path, said):
    colours = RNG.integers(0, 256, (8, 8, 4), np.uint8)
    colours[..., 3] = 128
    whole = Image.fromarray(colours)
    pictures = {"rgba.png": whole, "la.png": whole.convert("LA"), "p.gif": whole.convert("RGB").convert("P"),
                "one.png": whole.convert("1"), "cmyk.jpg": whole.convert("RGB").convert("CMYK"),
                "one.tif": whole.convert("1"), "cmyk.tif": whole.convert("RGB").convert("CMYK")}
    for name, picture in pictures.items():
        for kind in ("cat", "dog"):
            (tmp_path / "p" / kind).mkdir(parents=True, exist_ok=True)
            picture.save(tmp_path / "p" / kind / name)
    for channels, mode in ((3, "RGB"), (1, "L")):
        source = read(ImageFolder(path=str(tmp_path / "p"), size=(8,), channels=channels), "", said.append)
        for row, file in zip(source.x, sorted((tmp_path / "p/cat").iterdir())):
            expected = np.asarray(Image.open(file).convert(mode)).reshape(8, 8, channels).transpose(2, 0, 1)
            assert np.array_equal(row, expected), file.name
    assert sum("4 pictures have transparent parts" in line for line in said) == 2


def test_what_else_lies_in_a_folder_is_said(tmp_path, said):
    for name in ("cat/a.png", "dog/a.png"):
        _picture(tmp_path / name)
    frames = [Image.fromarray(np.full((8, 8), shade, np.uint8)) for shade in (10, 200)]
    frames[0].save(tmp_path / "cat/b.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "cat/notes.txt").write_text("-")
    (tmp_path / "cat/.DS_Store").write_text("-")
    (tmp_path / "bird").mkdir()
    source = read(ImageFolder(path=str(tmp_path), size=(8,)), "", said.append)
    assert (source.x[1] == 10).all()
    for says in ("1 files hold several pictures", "1 files beside the pictures", "no classes: bird"):
        assert any(says in line for line in said), says


def test_why_a_picture_cannot_be_read_is_said(tmp_path, said, monkeypatch):
    for name in ("cat/a.png", "dog/a.png"):
        _picture(tmp_path / name)
    (tmp_path / "cat/b.png").write_bytes(b"")
    (tmp_path / "cat/c.png").write_bytes((tmp_path / "cat/a.png").read_bytes()[:100])
    (tmp_path / "cat/d.png").write_text("a text")
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(tmp_path / "cat/e.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    read(ImageFolder(path=str(tmp_path), size=(8,)), "", said.append)
    line = next(line for line in said if "unreadable" in line)
    assert line.startswith("4 unreadable pictures are left out (cat/b.png: the file is empty, cat/c.png: it is damaged")
    assert "cat/d.png: it is not recognised as a picture" in line


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
