"""Schemas of the tables: rows of numbers, a class or a number to predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.datasets import parts
from dlrun.config.schema.fields import MISSING, choice, text, texts


@dataclass(frozen=True)
class Table:
    name: str = parts.name()
    scale: str = parts.table_scale()
    test: float = parts.test()
    split_seed: int = parts.split_seed()
    stratify: bool = parts.stratify()


@dataclass(frozen=True)
class Iris(Table):
    """150 flowers, 4 measurements, 3 species (Fisher 1936)."""

    kind: ClassVar[str] = "iris"


@dataclass(frozen=True)
class Wine(Table):
    """178 wines, 13 measurements, 3 cultivators (UCI)."""

    kind: ClassVar[str] = "wine"


@dataclass(frozen=True)
class BreastCancer(Table):
    """569 tumours, 30 measurements, malignant or benign (Wisconsin)."""

    kind: ClassVar[str] = "breast_cancer"


@dataclass(frozen=True)
class Diabetes:
    """442 patients, 10 measurements; the disease's progression after a year (Efron and others 2004)."""

    kind: ClassVar[str] = "diabetes"
    name: str = parts.name()
    scale: str = parts.table_scale()
    target_scale: str = parts.target_scale()
    test: float = parts.test()
    split_seed: int = parts.split_seed()


@dataclass(frozen=True)
class Boston:
    """404 + 102 districts of Boston, 13 measurements; the median price of a home (Keras's split)."""

    kind: ClassVar[str] = "boston"
    name: str = parts.name()
    scale: str = parts.table_scale()
    target_scale: str = parts.target_scale()


@dataclass(frozen=True)
class AirQuality:
    """8,991 hours in an Italian city: benzene from 12 other measurements (UCI)."""

    kind: ClassVar[str] = "air_quality"
    name: str = parts.name()
    scale: str = parts.table_scale()
    target_scale: str = parts.target_scale()
    test: float = parts.test()
    test_take: str = choice("end", ("end", "random"), "Which rows are the test part: the last hours, or random ones.")
    split_seed: int = parts.split_seed()


@dataclass(frozen=True)
class Csv(Table):
    """A table in a text file: numbers, and texts that become one column a word."""

    kind: ClassVar[str] = "csv"
    path: str = parts.path("The file, also .gz")
    target: Any = text(MISSING, "The column to predict: its name, or its number from 0 (-1 is the last); or a list of "
                       "columns.", several=True)
    targets: str = parts.targets()
    target_scale: str = parts.target_scale()
    separator: str = choice("auto", ("auto", ",", ";", "tab", "|", "space"), "What stands between the cells.")
    header: Any = choice("auto", ("auto", True, False), "Whether the first line names the columns.")
    drop: tuple[str, ...] = texts((), "Columns to leave out, by name or number.", empty=True, scalar=True)
    missing: tuple[str, ...] = texts(
        (), "Cells that mean a missing value, besides the empty one, NA, nan, null and ?.", empty=True, scalar=True,
    )


@dataclass(frozen=True)
class Npz:
    """NumPy arrays in one file: x_train, y_train (and x_val, y_val, x_test, y_test), or x, y, or only x.

    Targets of the shape (rows, several) are labels where all are 0 or 1, else a target for each column.
    """

    kind: ClassVar[str] = "npz"
    name: str = parts.name()
    path: str = parts.path("The file")
    targets: str = parts.targets()
    target_scale: str = parts.target_scale()
    scale: str = choice(
        "auto", ("auto", "unit", "standard", "symmetric", "none"),
        "How stored values are scaled; auto: unit for images, standard for tables.",
    )
    test: float = parts.test()
    split_seed: int = parts.split_seed()
    stratify: bool = parts.stratify()
