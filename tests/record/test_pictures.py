from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dlrun.record import confusion
from dlrun.record.confusion import save_confusion
from dlrun.record.pictures import _columns, save_batch


def tile(path, index, columns, size, captions=False):
    """The pixels of one image of a sheet, at 3x zoom for 28 pixels and so on; cut out by the layout's own numbers."""
    sheet = np.asarray(Image.open(path).convert("RGB"))
    x, y = 6 + index % columns * (size + 6), 6 + index // columns * (size + 6 + (16 if captions else 0))
    return sheet[y:y + size, x:x + size]


def test_the_pixels_of_a_batch_are_enlarged_and_otherwise_unchanged(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 3, 32, 32), dtype=np.uint8)
    save_batch(tmp_path / "p" / "a.png", images, [str(i) for i in range(6)])
    for index in range(6):
        shown = tile(tmp_path / "p" / "a.png", index, 3, 96, captions=True)
        expected = images[index].transpose(1, 2, 0).repeat(3, axis=0).repeat(3, axis=1)
        np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("values, gray", [
    ([0.0, 0.5, 1.0], [0, 128, 255]), ([-1.0, 0.0, 1.0], [0, 128, 255]), ([-0.5, 0.0, 0.5], [64, 128, 191]),
    ([0.25, 0.25, 0.25], [64, 64, 64]), ([-3.0, 0.0, 5.0], [0, 96, 255]), ([10.0, 10.0, 10.0], [0, 0, 0]),
])
def test_floats_become_gray_by_the_stated_rule(tmp_path, values, gray):
    images = np.stack([np.full((1, 96, 96), value, np.float32) for value in values])
    save_batch(tmp_path / "a.png", images, columns=3)
    assert [int(tile(tmp_path / "a.png", index, 3, 96)[0, 0, 0]) for index in range(3)] == gray


def test_grids_are_full_where_they_can_be():
    assert [_columns(rows) for rows in (1, 2, 4, 5, 10, 16, 25, 32, 64, 100)] == [1, 2, 2, 5, 5, 4, 5, 8, 8, 10]
    assert all(_columns(rows) ** 2 >= rows for rows in range(1, 200))


@pytest.mark.parametrize("images, labels", [(np.zeros((2, 8, 8)), None), (np.zeros((0, 1, 8, 8)), None),
                                            (np.zeros((2, 1, 8, 8)), ["one"])])
def test_what_is_no_batch_is_refused(tmp_path, images, labels):
    with pytest.raises(ValueError, match="images"):
        save_batch(tmp_path / "a.png", images, labels)
    assert not (tmp_path / "a.png").exists()


def heat(path):
    """The blueness of the picture: its dark blue cells as a mask."""
    sheet = np.asarray(Image.open(path).convert("RGB")).astype(int)
    return (sheet[..., 2] > 90) & (sheet[..., 0] < 40)


def test_rows_of_a_confusion_matrix_are_the_true_classes(tmp_path):
    matrix = np.zeros((3, 3), int)
    matrix[0, 2] = 50  # true 0, predicted 2: the dark cell is at the upper right
    save_confusion(tmp_path / "c.png", matrix, ["a", "b", "c"])
    dark = heat(tmp_path / "c.png")
    dark[:, dark.shape[1] * 3 // 4:] = False  # the colour bar
    ys, xs = np.nonzero(dark)
    assert ys.mean() < dark.shape[0] / 3 and xs.mean() > dark.shape[1] * 0.45


def test_counts_are_written_up_to_25_classes(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(confusion, "write", lambda draw, at, text, *more: text.isdigit() and written.append((at, text)))
    save_confusion(tmp_path / "c.png", np.array([[5, 1], [0, 7]]), ["a", "b"])
    [((left, top), five), ((right, also_top), one), ((also_right, bottom), seven)] = written  # zeros stay blank
    assert (five, one, seven) == ("5", "1", "7") and (top, right) == (also_top, also_right)
    assert right - left == bottom - top > 0  # x is the predicted class
    written.clear()
    save_confusion(tmp_path / "d.png", np.eye(26, dtype=int), [f"class {i}" for i in range(26)])
    assert written == []


def test_a_matrix_of_another_size_is_refused(tmp_path):
    with pytest.raises(ValueError, match="3 x 3"):
        save_confusion(tmp_path / "c.png", np.zeros((2, 2)), ["a", "b", "c"])


def test_drawing_leaves_pyplot_alone(tmp_path):
    code = f"""
import sys
import numpy as np
from dlrun.record import confusion
from dlrun.record.confusion import save_confusion
save_confusion({str(tmp_path / "c.png")!r}, np.eye(3), "abc")
print("matplotlib.pyplot" in sys.modules, "tkinter" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
