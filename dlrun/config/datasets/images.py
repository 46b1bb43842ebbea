"""Schemas of the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.datasets import parts
from dlrun.config.schema.fields import choice, integer, integers, text, texts


def size(default: int) -> Any:
    return integers(
        (default,), "Height and width that pictures are resized to; one number for both.", low=1, high=4096,
        scalar=True,
    )


def channels(default: int = 3) -> Any:
    return choice(default, (3, 1), "3 for colour, 1 for grey.")


@dataclass(frozen=True)
class Images:
    name: str = parts.name()
    scale: str = parts.image_scale()


@dataclass(frozen=True)
class Classes(Images):
    only: tuple[str, ...] = texts((), "Only the pictures of these classes, by name; [] for all.", empty=True,
                                  scalar=True)


@dataclass(frozen=True)
class Mnist(Classes):
    """60,000 + 10,000 handwritten digits, 28x28 grey, 10 classes (LeCun, Cortes, Burges)."""

    kind: ClassVar[str] = "mnist"


@dataclass(frozen=True)
class FashionMnist(Classes):
    """60,000 + 10,000 pieces of clothing, 28x28 grey, 10 classes (Zalando)."""

    kind: ClassVar[str] = "fashion_mnist"


@dataclass(frozen=True)
class Cifar10(Classes):
    """50,000 + 10,000 small photographs, 32x32 colour, 10 classes (Krizhevsky 2009)."""

    kind: ClassVar[str] = "cifar10"


@dataclass(frozen=True)
class Digits:
    """1,797 handwritten digits, 8x8 in 17 levels, 10 classes (UCI, comes with scikit-learn)."""

    kind: ClassVar[str] = "digits"
    name: str = parts.name()
    scale: str = parts.image_scale()
    test: float = parts.test()
    split_seed: int = parts.split_seed()
    stratify: bool = parts.stratify()


@dataclass(frozen=True)
class CatsAndDogs(Images):
    """2,000 + 1,000 + 1,000 photographs of cats and dogs, the selection of Chollet 5.2."""

    kind: ClassVar[str] = "cats_and_dogs"
    size: tuple[int, ...] = size(150)
    channels: int = channels()


@dataclass(frozen=True)
class Olivetti:
    """400 photographs of the faces of 40 persons, 64x64 grey (AT&T Laboratories Cambridge)."""

    kind: ClassVar[str] = "olivetti"
    name: str = parts.name()
    scale: str = parts.image_scale()
    test: float = parts.test()
    split_seed: int = parts.split_seed()
    stratify: bool = parts.stratify()


@dataclass(frozen=True)
class CelebA:
    """202,599 photographs of famous faces with 40 attributes (Liu and others 2015), in its standard layout."""

    kind: ClassVar[str] = "celeba"
    name: str = parts.name()
    target: str = text(None, "The attribute to tell, by name; null: all of them (multi-label).")
    rows: int | None = integer(None, "Only so many pictures, the first ones of each part; null: all.", low=10)
    crop: int = integer(148, "Side of the square that is cut from the middle (178 x 218) before resizing.", low=8,
                        high=178)
    size: tuple[int, ...] = size(64)
    channels: int = channels()
    scale: str = parts.image_scale()


@dataclass(frozen=True)
class ImageFolder:
    """Pictures in a folder a class, directly or below train/, val/ and test/."""

    kind: ClassVar[str] = "image_folder"
    name: str = parts.name()
    path: str = parts.path("The folder")
    size: tuple[int, ...] = size(64)
    channels: int = channels()
    scale: str = parts.image_scale()
    test: float = parts.test()
    split_seed: int = parts.split_seed()
    stratify: bool = parts.stratify()
