"""The schema of the data sets: one dataclass a kind, and `DATASETS` that finds it by its kind.

A source that comes without a test part has `test`, `split_seed` and `stratify`: its rows are shuffled once
by `split_seed`, and the test rows are taken from that; they are the same for every seed of a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.fields import MISSING, choice, flag, integer, integers, number, text, texts


def _name() -> Any:
    return text("", "The option's name, taken from its file.", identity=False)


def _image_scale() -> Any:
    return choice(
        "unit", ("unit", "standard", "symmetric", "none"),
        "How stored pixels become numbers: unit [0, 1], standard (mean 0, deviation 1 by channel, fitted on the "
        "training rows), symmetric [-1, 1], none (0 to 255).",
    )


def _table_scale() -> Any:
    return choice(
        "standard", ("standard", "unit", "none"),
        "How columns are scaled, fitted on the training rows: standard (mean 0, deviation 1), unit (least 0, "
        "largest 1), none.",
    )


def _test() -> Any:
    return number(0.2, "The test part: a fraction below 1, a count of rows from 1, 0 for none.", low=0)


def _split_seed() -> Any:
    return integer(0, "Seed of the one shuffle that the test rows are taken from; the same for every run seed.", low=0)


def _stratify() -> Any:
    return flag(True, "Whether the test part keeps the proportions of the classes.")


@dataclass(frozen=True)
class Holdout:
    """A validation part taken from the training rows."""

    kind: ClassVar[str] = "holdout"
    size: float = number(0.2, "The validation part: a fraction below 1, a count of rows from 1, 0 for none.", low=0)
    take: str = choice(
        "end", ("end", "random"),
        "Which rows: the last ones before any shuffling (Keras's validation_split), or random ones by the run's seed.",
    )
    stratify: bool = flag(True, "Whether a random part keeps the proportions of the classes.")


@dataclass(frozen=True)
class _Images:
    name: str = _name()
    scale: str = _image_scale()


@dataclass(frozen=True)
class Mnist(_Images):
    """60,000 + 10,000 handwritten digits, 28x28 grey, 10 classes (LeCun, Cortes, Burges)."""

    kind: ClassVar[str] = "mnist"


@dataclass(frozen=True)
class FashionMnist(_Images):
    """60,000 + 10,000 pieces of clothing, 28x28 grey, 10 classes (Zalando)."""

    kind: ClassVar[str] = "fashion_mnist"


@dataclass(frozen=True)
class Cifar10(_Images):
    """50,000 + 10,000 small photographs, 32x32 colour, 10 classes (Krizhevsky 2009)."""

    kind: ClassVar[str] = "cifar10"


@dataclass(frozen=True)
class Digits:
    """1,797 handwritten digits, 8x8 in 17 levels, 10 classes (UCI, comes with scikit-learn)."""

    kind: ClassVar[str] = "digits"
    name: str = _name()
    scale: str = _image_scale()
    test: float = _test()
    split_seed: int = _split_seed()
    stratify: bool = _stratify()


@dataclass(frozen=True)
class _Table:
    name: str = _name()
    scale: str = _table_scale()
    test: float = _test()
    split_seed: int = _split_seed()
    stratify: bool = _stratify()


@dataclass(frozen=True)
class Iris(_Table):
    """150 flowers, 4 measurements, 3 species (Fisher 1936)."""

    kind: ClassVar[str] = "iris"


@dataclass(frozen=True)
class Wine(_Table):
    """178 wines, 13 measurements, 3 cultivators (UCI)."""

    kind: ClassVar[str] = "wine"


@dataclass(frozen=True)
class BreastCancer(_Table):
    """569 tumours, 30 measurements, malignant or benign (Wisconsin)."""

    kind: ClassVar[str] = "breast_cancer"


@dataclass(frozen=True)
class _Toy(_Table):
    rows: int = integer(1000, "How many points are drawn.", low=4)
    noise: float = number(0.1, "Standard deviation of the noise that is added to each coordinate.", low=0)
    data_seed: int = integer(0, "Seed of the points.", low=0)


@dataclass(frozen=True)
class Moons(_Toy):
    """Two interleaving half circles in the plane."""

    kind: ClassVar[str] = "moons"


@dataclass(frozen=True)
class Circles(_Toy):
    """A circle around a smaller one."""

    kind: ClassVar[str] = "circles"
    factor: float = number(0.5, "Radius of the inner circle (outer: 1).", low=0, above=True, high=1, below=True)


@dataclass(frozen=True)
class Spirals(_Toy):
    """Arms of a spiral around the origin, one a class."""

    kind: ClassVar[str] = "spirals"
    classes: int = integer(2, "How many arms.", low=2, high=20)
    turns: float = number(1.5, "How often an arm goes round.", low=0, above=True, high=10)


@dataclass(frozen=True)
class Blobs(_Toy):
    """Round clouds of points, their centres evenly on a circle of radius 4."""

    kind: ClassVar[str] = "blobs"
    noise: float = number(1.0, "Standard deviation of a cloud.", low=0)
    classes: int = integer(3, "How many clouds.", low=2, high=20)


def _path(what: str) -> Any:
    # Moving a file does not change a result: its content is part of a run's identity, its place is not.
    return text(MISSING, f"{what}; ~ is the home folder.", identity=False)


def _targets() -> Any:
    return choice(
        "auto", ("auto", "classes", "number"),
        "What the target is; auto: classes for texts and for few different integers, else a number.",
    )


@dataclass(frozen=True)
class Csv(_Table):
    """A table in a text file: numbers, and texts that become one column a word."""

    kind: ClassVar[str] = "csv"
    path: str = _path("The file, also .gz")
    target: str = text(MISSING, "The column to predict: its name, or its number from 0 (-1 is the last).")
    targets: str = _targets()
    separator: str = choice("auto", ("auto", ",", ";", "tab", "|", "space"), "What stands between the cells.")
    header: Any = choice("auto", ("auto", True, False), "Whether the first line names the columns.")
    drop: tuple[str, ...] = texts((), "Columns to leave out, by name or number.", empty=True, scalar=True)
    missing: tuple[str, ...] = texts(
        (), "Cells that mean a missing value, besides the empty one, NA, nan, null and ?.", empty=True, scalar=True,
    )


@dataclass(frozen=True)
class Npz:
    """NumPy arrays in one file: x_train, y_train (and x_val, y_val, x_test, y_test), or x, y, or only x."""

    kind: ClassVar[str] = "npz"
    name: str = _name()
    path: str = _path("The file")
    targets: str = _targets()
    scale: str = choice(
        "auto", ("auto", "unit", "standard", "symmetric", "none"),
        "How stored values are scaled; auto: unit for images, standard for tables.",
    )
    test: float = _test()
    split_seed: int = _split_seed()
    stratify: bool = _stratify()


@dataclass(frozen=True)
class ImageFolder:
    """Pictures in a folder a class, directly or below train/, val/ and test/."""

    kind: ClassVar[str] = "image_folder"
    name: str = _name()
    path: str = _path("The folder")
    size: tuple[int, ...] = integers(
        (64,), "Height and width that pictures are resized to; one number for both.", low=1, high=4096, scalar=True,
    )
    channels: int = choice(3, (3, 1), "3 for colour, 1 for grey.")
    scale: str = _image_scale()
    test: float = _test()
    split_seed: int = _split_seed()
    stratify: bool = _stratify()


DATASETS: dict[str, type] = {
    schema.kind: schema
    for schema in (
        Digits, Mnist, FashionMnist, Cifar10, Iris, Wine, BreastCancer, Moons, Circles, Spirals, Blobs, Csv, Npz,
        ImageFolder,
    )
}
