"""Augmentation against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from dlrun.data.augmentations._geometry import shift, warp
from dlrun.data.augmentations.augment import Augment

torch.set_num_threads(1)


def _images(rows=4, channels=3, height=6, width=6):
    return torch.rand(rows, channels, height, width, generator=torch.Generator().manual_seed(0))


def _generator(seed=1):
    return torch.Generator().manual_seed(seed)


def _warp(x, fill="nearest", **given):
    zero, one = torch.zeros(len(x)), torch.ones(len(x))
    usual = {"angle": zero, "right": zero, "down": zero, "shear": zero, "zoom_x": one, "zoom_y": one}
    return warp(x, **{**usual, **{key: torch.full((len(x),), float(value)) for key, value in given.items()}}, fill=fill)


MODES = {"nearest": "edge", "reflect": "symmetric", "zeros": "constant"}


def _shifted(x, right, down, fill):
    """By NumPy's padding: independent of grids."""
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), (5, 5), (5, 5)), mode=MODES[fill])
    return torch.from_numpy(padded[:, :, 5 - down:5 - down + x.shape[2], 5 - right:5 - right + x.shape[3]])


@pytest.mark.parametrize("fill", MODES)
@pytest.mark.parametrize("right, down", [(2, 0), (0, -3), (-1, 2), (0, 0)])
def test_a_shift_by_whole_pixels_moves_the_rows_of_a_padded_picture(fill, right, down):
    x = _images(height=5, width=7)
    wanted = _shifted(x, right, down, fill)
    assert torch.allclose(_warp(x, fill, right=right, down=down), wanted, atol=1e-5)
    assert torch.equal(shift(x, torch.full((4,), right), torch.full((4,), down), fill), wanted)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_of_a_square_are_exact(quarters):
    x = _images()
    assert torch.allclose(_warp(x, angle=quarters * math.pi / 2), torch.rot90(x, quarters, (2, 3)), atol=1e-5)


def test_a_zoom_of_two_shows_twice_as_much():
    x = torch.arange(8.0).repeat(8, 1)[None, None]  # a ramp: value = column
    out = _warp(x, zoom_x=2)
    # column c is read at the centre 3.5 + 2 (c - 3.5), clamped to the edges
    assert torch.allclose(out[0, 0, 0], (3.5 + 2 * (torch.arange(8.0) - 3.5)).clamp(0, 7), atol=1e-5)


def test_shear_is_that_of_keras():
    # Keras: [[1, -sin s], [0, cos s]] on (row, column); a ramp of columns is read at cos(s) of the column,
    # a ramp of rows at row - sin(s) column, from the centre.
    s = 0.3
    place = torch.arange(9.0) - 4
    columns, rows = place.repeat(9, 1), place.repeat(9, 1).T
    assert torch.allclose(_warp(columns[None, None], shear=s)[0, 0, 4], math.cos(s) * place, atol=1e-5)
    out = _warp(rows[None, None], shear=s)[0, 0]
    wanted = rows - math.sin(s) * columns
    inside = wanted.abs() <= 4
    assert torch.allclose(out[inside], wanted[inside], atol=1e-5)


def test_changes_are_composed_as_in_keras():
    angle, right, down, s, zx, zy = 0.2, 0.5, -0.25, 0.1, 0.9, 1.1
    # Keras on (row, column): rotation @ shift @ shear @ zoom, with theta = -angle, tx = -down, ty = -right
    theta = -angle
    rotation = np.array([[np.cos(theta), -np.sin(theta), 0], [np.sin(theta), np.cos(theta), 0], [0, 0, 1]])
    moved = np.array([[1, 0, -down], [0, 1, -right], [0, 0, 1]])
    sheared = np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]])
    matrix = rotation @ moved @ sheared @ np.diag([zy, zx, 1])
    rows, columns = np.meshgrid(np.arange(11) - 5, np.arange(15) - 7, indexing="ij")
    read_row, read_column, _ = np.tensordot(matrix, np.stack([rows, columns, np.ones_like(rows)]), 1)
    ramps = torch.from_numpy(np.stack([rows, columns])).float()[None]
    out = _warp(ramps, angle=angle, right=right, down=down, shear=s, zoom_x=zx, zoom_y=zy)[0].numpy()
    inside = (abs(read_row) <= 5) & (abs(read_column) <= 7)
    assert inside.sum() > 80
    assert np.allclose(out[0][inside], read_row[inside], atol=1e-4)
    assert np.allclose(out[1][inside], read_column[inside], atol=1e-4)


def test_nothing_on_is_none_and_tiny_ranges_change_nothing():
    assert Augment().build() is None
    x = _images()
    tiny = Augment(rotation=1e-9, zoom=1e-9, shift_x=1e-9).build()
    assert torch.allclose(tiny(x, _generator()), x, atol=1e-5)


def test_flips_mirror_about_half_of_the_rows():
    x = _images(rows=1000, channels=1, height=3, width=3)
    out = Augment(flip_horizontal=True).build()(x, _generator())
    same, mirrored = (out == x).all((1, 2, 3)), (out == x.flip(3)).all((1, 2, 3))
    assert (same ^ mirrored).all() and 437 <= int(mirrored.sum()) <= 563  # 4 standard deviations of 15.8
    out = Augment(flip_vertical=True).build()(x, _generator())
    assert ((out == x).all((1, 2, 3)) ^ (out == x.flip(2)).all((1, 2, 3))).all()


@pytest.mark.parametrize("fill", MODES)
def test_a_random_crop_is_a_window_of_the_padded_picture(fill):
    x = _images(rows=200, channels=2)
    out = Augment(crop=2, fill=fill).build()(x, _generator())
    windows = torch.stack([_shifted(x, right, down, fill) for right in range(-2, 3) for down in range(-2, 3)])
    hits = (windows == out).all(dim=(2, 3, 4))
    assert hits.any(0).all() and hits.any(1).all()  # each row is one of the 25 windows, and all of them come up


def test_ranges_are_kept():
    ramp = torch.arange(11.0).repeat(500, 1, 11, 1) - 5
    out = Augment(shift_x=0.2).build()(ramp, _generator())[:, 0, 5, 5]  # = minus the shift in pixels
    assert 2.1 < out.max() <= 2.2 and -2.2 <= out.min() < -2.1 and abs(out.mean()) < 0.23
    out = Augment(rotation=30).build()(ramp, _generator())[:, 0, 5]
    angles = torch.acos(((out[:, 6] - out[:, 4]) / 2).clamp(-1, 1)).rad2deg()
    assert 29 < angles.max() <= 30.01


def test_rows_are_drawn_apart_and_from_the_generator_alone():
    x = _images(rows=1).repeat(8, 1, 1, 1)
    augment = Augment(rotation=40, shift_x=0.2, shift_y=0.2, shear=0.2, zoom=0.2, flip_horizontal=True).build()
    torch.manual_seed(0)
    first = augment(x, _generator(3))
    torch.manual_seed(1)
    assert torch.equal(first, augment(x, _generator(3))) and not torch.equal(first, augment(x, _generator(4)))
    assert len({row.numpy().tobytes() for row in first}) == 8


def test_another_change_leaves_the_draws_of_a_flip():
    x = _images(rows=50)
    flip = Augment(flip_horizontal=True).build()(x, _generator())
    both = Augment(flip_horizontal=True, crop=1).build()(x, _generator())
    crop = Augment(crop=1).build()(x, _generator())
    mirrored = (flip != x).any(dim=(1, 2, 3))
    assert torch.equal(both, torch.where(mirrored[:, None, None, None], crop.flip(3), crop))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_nothing_waits_for_the_device():
    x = _images().cuda()
    augment = Augment(rotation=40, shift_x=0.2, shear=0.2, zoom=0.2, flip_horizontal=True, crop=2).build()
    generator = torch.Generator("cuda").manual_seed(0)
    augment(x, generator)
    torch.cuda.set_sync_debug_mode("error")
    try:
        augment(x, generator)
        Augment(crop=2, flip_vertical=True, fill="reflect").build()(x, generator)
    finally:
        torch.cuda.set_sync_debug_mode("default")
