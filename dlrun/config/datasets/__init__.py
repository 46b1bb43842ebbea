"""The schema of the data sets: one dataclass a kind, and `DATASETS` that finds it by its kind.

A source that comes without a test part has `test`, `split_seed` and `stratify`: its rows are shuffled once
by `split_seed`, and the test rows are taken from that; they are the same for every seed of a run.
A series and a running text are not shuffled: their test part is their end.
"""

from __future__ import annotations

from dlrun.config.datasets.images import (
    CatsAndDogs,
    CelebA,
    Cifar10,
    Digits,
    FashionMnist,
    ImageFolder,
    Mnist,
    Olivetti,
)
from dlrun.config.datasets.parts import Holdout
from dlrun.config.datasets.series import DigitsRows, Electricity, Jena, Series
from dlrun.config.datasets.tables import AirQuality, Boston, BreastCancer, Csv, Diabetes, Iris, Npz, Wine
from dlrun.config.datasets.texts import (
    Aesop,
    Alice,
    Imdb,
    LabelledText,
    Nietzsche,
    PythonDocs,
    Reuters,
    Text,
    Treebank,
    Umich,
)
from dlrun.config.datasets.toys import Blobs, Circles, Moons, Spirals

__all__ = [
    "DATASETS", "Aesop", "AirQuality", "Alice", "Blobs", "Boston", "BreastCancer", "CatsAndDogs", "CelebA", "Cifar10",
    "Circles", "Csv", "Diabetes", "Digits", "DigitsRows", "Electricity", "FashionMnist", "Holdout", "ImageFolder",
    "Imdb", "Iris", "Jena", "LabelledText", "Mnist", "Moons", "Nietzsche", "Npz", "Olivetti", "PythonDocs", "Reuters",
    "Series", "Spirals", "Text", "Treebank", "Umich", "Wine",
]

DATASETS: dict[str, type] = {
    schema.kind: schema
    for schema in (
        Digits, Mnist, FashionMnist, Cifar10, CatsAndDogs, Olivetti, CelebA, ImageFolder,
        Iris, Wine, BreastCancer, Diabetes, Boston, AirQuality, Csv, Npz, Moons, Circles, Spirals, Blobs,
        DigitsRows, Jena, Electricity, Series,
        Imdb, Reuters, Umich, LabelledText, Treebank, PythonDocs, Nietzsche, Alice, Aesop, Text,
    )
}
