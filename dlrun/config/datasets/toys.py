"""Schemas of the points in the plane, which are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.datasets.tables import Table
from dlrun.config.schema.fields import integer, number


@dataclass(frozen=True)
class Toy(Table):
    rows: int = integer(1000, "How many points are drawn.", low=4)
    noise: float = number(0.1, "Standard deviation of the noise that is added to each coordinate.", low=0)
    data_seed: int = integer(0, "Seed of the points.", low=0)


@dataclass(frozen=True)
class Moons(Toy):
    """Two interleaving half circles in the plane."""

    kind: ClassVar[str] = "moons"


@dataclass(frozen=True)
class Circles(Toy):
    """A circle around a smaller one."""

    kind: ClassVar[str] = "circles"
    factor: float = number(0.5, "Radius of the inner circle (outer: 1).", low=0, above=True, high=1, below=True)


@dataclass(frozen=True)
class Spirals(Toy):
    """Arms of a spiral around the origin, one a class."""

    kind: ClassVar[str] = "spirals"
    classes: int = integer(2, "How many arms.", low=2, high=20)
    turns: float = number(1.5, "How often an arm goes round.", low=0, above=True, high=10)


@dataclass(frozen=True)
class Blobs(Toy):
    """Round clouds of points, their centres evenly on a circle of radius 4."""

    kind: ClassVar[str] = "blobs"
    noise: float = number(1.0, "Standard deviation of a cloud.", low=0)
    classes: int = integer(3, "How many clouds.", low=2, high=20)
