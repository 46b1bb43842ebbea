"""The drawn sets lie where their definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.data.read import read
from dlrun.data.sets.blobs import Blobs
from dlrun.data.sets.circles import Circles
from dlrun.data.sets.discs import Discs
from dlrun.data.sets.fast_food import FastFood
from dlrun.data.sets.moons import Moons
from dlrun.data.sets.spirals import Spirals


def _points(cfg):
    source = read(cfg, "nowhere", print)
    return source.x, source.y


@pytest.mark.parametrize("rows", [200, 201])
def test_moons_without_noise_are_scikit_learns(rows):
    from sklearn.datasets import make_moons

    x, y = _points(Moons(rows=rows, noise=0.0))
    counts = (rows - rows // 2, rows // 2)
    theirs, labels = make_moons(counts, shuffle=False, noise=None)
    for label in (0, 1):
        assert np.allclose(x[y == label], theirs[labels == label], atol=1e-6)


def test_circles_without_noise_are_scikit_learns():
    from sklearn.datasets import make_circles

    x, y = _points(Circles(rows=100, noise=0.0, factor=0.3))
    theirs, labels = make_circles(100, shuffle=False, noise=None, factor=0.3)
    for label in (0, 1):
        assert np.allclose(x[y == label], theirs[labels == label], atol=1e-6)


def test_an_arm_of_a_spiral_is_another_one_turned():
    x, y = _points(Spirals(rows=90, classes=3, noise=0.0))
    third = 2 * np.pi / 3
    turn = np.array([[np.cos(third), np.sin(third)], [-np.sin(third), np.cos(third)]])
    assert np.allclose(x[y == 0] @ turn, x[y == 1], atol=1e-5)
    assert np.allclose(np.linalg.norm(x[y == 2], axis=1), np.linspace(0, 4, 30), atol=1e-5)


def test_blobs_have_their_centres_and_spread():
    x, y = _points(Blobs(rows=40000, classes=4, noise=0.5))
    centres = np.array([[4, 0], [0, 4], [-4, 0], [0, -4]])
    for label in range(4):
        cloud = x[y == label]
        assert np.allclose(cloud.mean(0), centres[label], atol=0.02)  # 4 standard errors of 0.5 / sqrt(10000)
        assert np.allclose(cloud.std(0), 0.5, atol=0.02)


def test_points_are_a_function_of_the_data_seed():
    assert np.array_equal(_points(Moons(data_seed=3))[0], _points(Moons(data_seed=3))[0])
    assert not np.array_equal(_points(Moons(data_seed=3))[0], _points(Moons(data_seed=4))[0])


def test_a_meal_costs_what_its_foods_do():
    x, y = _points(FastFood(rows=500))
    assert set(np.unique(x)) == set(range(6))
    assert np.allclose(y, [2.5 * burgers + 1.5 * fries + sodas for burgers, fries, sodas in x])
    noisy = _points(FastFood(rows=4000, noise=0.5))
    assert np.std(noisy[1] - noisy[0] @ [2.5, 1.5, 1]) == pytest.approx(0.5, abs=0.03)


def test_a_point_has_the_labels_of_the_discs_that_it_lies_in():
    x, y = _points(Discs(rows=20000, noise=0.0))
    top = x[:, 0] ** 2 + (x[:, 1] - 0.6) ** 2 <= 1
    assert np.array_equal(y[:, 0] == 1, top)
    assert np.allclose(y.mean(0), np.pi / 16, atol=0.012)  # a disc's share of the square; 4 standard errors
    assert (y[np.linalg.norm(x, axis=1) < 0.39].sum(1) == 3).all()  # the middle is in all of them
    assert (y[np.linalg.norm(x, axis=1) > 1.61].sum(1) == 0).all()
