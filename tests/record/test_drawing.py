from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from dlrun.record.drawing import font, png, save, write


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("anchor", ["la", "ma", "mm", "rm", "md", "lm", "ra"])
def test_text_is_what_pillow_draws(mode, anchor):
    mine, pillows = (Image.new(mode, (160, 120), "#6baed6") for _ in range(2))
    for size, text, at in ((10, "3 → 7", (40.5, 17.25)), (13, "1,024", (80, 60)), (18, "Ångström gjy", (77.3, 99.9)),
                           (13, "7", (-0.5, 3)), (15, "out of the sheet", (150.5, 118.5)), (13, "", (9, 9))):
        for _ in range(2):  # drawn, then what is kept
            write(ImageDraw.Draw(mine), at, text, "#222222", font(size), anchor)
            ImageDraw.Draw(pillows).text(at, text, "#222222", font(size), anchor)
    np.testing.assert_array_equal(np.asarray(mine), np.asarray(pillows))


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (3, 4, 3), (130, 61, 3)])
def test_a_png_file_has_the_pixels(tmp_path, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    save(tmp_path / "a.png", Image.fromarray(pixels))
    with Image.open(tmp_path / "a.png") as found:
        found.verify()  # checksums too
    with Image.open(tmp_path / "a.png") as found:
        assert (found.format, found.mode) == ("PNG", "RGB" if pixels.ndim == 3 else "L")
        np.testing.assert_array_equal(np.asarray(found), pixels)


def test_a_drawn_picture_is_about_as_small_as_pillow_makes_it():
    sheet = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(sheet)
    for place in range(12):
        draw.rectangle((20 * place, 40, 20 * place + 15, 280 - 15 * place), fill="#0072b2")
        write(draw, (30 * place + 9.5, 20), str(place * 37), "#222222", font(13), "mm")
    pillows = io.BytesIO()
    sheet.save(pillows, format="PNG", compress_level=3)
    assert len(png(sheet)) < 1.3 * len(pillows.getvalue())


@pytest.mark.parametrize("mode", ["RGBA", "P", "1"])
def test_an_image_of_another_mode_is_refused_and_nothing_is_written(tmp_path, mode):
    with pytest.raises(ValueError, match=f"mode {mode} .* expected one of L, RGB"):
        save(tmp_path / "a.png", Image.new(mode, (3, 3)))
    assert list(tmp_path.iterdir()) == []
