"""What is drawn on a plane with axes lies where its numbers say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor

from dlrun.record.palette import FIRST, FOLD
from dlrun.record.predicted import save_folds, save_predictions

INK = np.array(ImageColor.getrgb(FIRST), float)


def drawn(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), float)


def centres(picture: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Rows and columns of the pixels that have a colour, to rounding."""
    return np.argwhere(np.abs(picture - colour).max(2) <= 1)


def test_a_dot_lies_at_its_true_and_predicted_number_and_covers_most_of_what_is_below(tmp_path: Path) -> None:
    true, predicted = [0.0, 10.0, 4.0, 4.0, 8.0], [0.0, 10.0, 6.0, 6.0, 1.0]
    save_predictions(tmp_path / "p.png", true, predicted, "price", "k$")
    picture = drawn(tmp_path / "p.png")
    once, twice = (centres(picture, INK * (1 - left) + 255 * left) for left in (0.4, 0.16))
    two = twice.mean(0)
    one = once[(once > two).all(1)].mean(0)  # below and to the right there is no other
    assert (one - two) * 10.4 / 420 == pytest.approx([5, 4], abs=0.05), "a plane of 420 pixels spans -0.2 to 10.2"


def test_folds_are_lines_of_one_colour_and_their_mean_of_another(tmp_path: Path) -> None:
    save_folds(tmp_path / "f.png", [[100.0, 1.0], [100.0, 1.0]], [10.0, 10.0], "val/loss")
    picture = drawn(tmp_path / "f.png")
    rows = np.unique(np.argwhere((picture == ImageColor.getrgb(FIRST)).all(2))[:, 0])
    folds = np.argwhere((picture == ImageColor.getrgb(FOLD)).all(2))[:, 0]
    middle = rows[rows > 100]  # below its name
    assert len(middle) <= 2 and abs(middle.mean() - (44 + 170)) <= 1, "10 is half way on a logarithmic axis"
    assert folds.min() < 80 and folds.max() > 350
