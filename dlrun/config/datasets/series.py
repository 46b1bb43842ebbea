"""Schemas of the series: values in the order of time, and windows over them.

A window begins at a step s, has the values at s, s + step, ... below s + lookback, and is to tell the target
at s + lookback + delay (Chollet 6.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.datasets import parts
from dlrun.config.schema.fields import MISSING, choice, integer, text, texts


def lookback(default: int) -> Any:
    return integer(default, "Steps of the series that a window looks back on.", low=1)


def step(default: int) -> Any:
    return integer(default, "Every so many steps one is seen.", low=1)


def delay(default: int) -> Any:
    return integer(default, "How far ahead the target lies; 0 is the step right after the window.", low=0)


def stride() -> Any:
    return integer(1, "Steps between the beginnings of two windows.", low=1)


@dataclass(frozen=True)
class DigitsRows:
    """The 8 lines of each of 1,797 handwritten digits, read as a sequence of 8 pixels each (UCI)."""

    kind: ClassVar[str] = "digits_rows"
    name: str = parts.name()
    scale: str = parts.image_scale()
    test: float = parts.test()
    split_seed: int = parts.split_seed()
    stratify: bool = parts.stratify()


@dataclass(frozen=True)
class Jena:
    """The weather in Jena every 10 minutes: the temperature a day ahead (Max Planck Institute for Biogeochemistry)."""

    kind: ClassVar[str] = "jena"
    name: str = parts.name()
    file: Any = choice(
        2024, (2024, 2009, "whole"),
        "Which rows: 19,132 of June to October 2024, the first 4,000 of the book's file (January 2009), or the "
        "book's whole file (2009 to 2016).",
    )
    lookback: int = lookback(1440)
    step: int = step(6)
    delay: int = delay(144)
    stride: int = stride()
    test: float = parts.last_steps()
    scale: str = parts.table_scale()
    target_scale: str = parts.target_scale("standard")


@dataclass(frozen=True)
class Electricity:
    """The consumption of one client of a power company: 20 readings, the next one (UCI)."""

    kind: ClassVar[str] = "electricity"
    name: str = parts.name()
    client: str = choice(
        "MT_200", ("MT_200", "MT_250"), "MT_200 has 35,065 hours of 2011 to 2014, MT_250 1,000 quarters of an hour.",
    )
    lookback: int = lookback(20)
    step: int = step(1)
    delay: int = delay(0)
    stride: int = stride()
    test: float = parts.last_steps(0.3)
    scale: str = parts.table_scale("unit")
    target_scale: str = parts.target_scale("unit")


@dataclass(frozen=True)
class Series:
    """A series in a table of your own, a line a step of time, its columns numbers."""

    kind: ClassVar[str] = "series"
    name: str = parts.name()
    path: str = parts.path("The file, also .gz; lines in the order of time")
    target: str = text(MISSING, "The column to predict: its name, or its number from 0 (-1 is the last).")
    lookback: int = lookback(24)
    step: int = step(1)
    delay: int = delay(0)
    stride: int = stride()
    drop: tuple[str, ...] = texts((), "Columns to leave out, by name or number.", empty=True, scalar=True)
    missing: tuple[str, ...] = texts(
        (), "Cells that mean a missing value, besides the empty one, NA, nan, null and ?; the last value before "
        "it is carried on.", empty=True, scalar=True,
    )
    separator: str = choice("auto", ("auto", ",", ";", "tab", "|", "space"), "What stands between the cells.")
    header: Any = choice("auto", ("auto", True, False), "Whether the first line names the columns.")
    test: float = parts.last_steps()
    scale: str = parts.table_scale()
    target_scale: str = parts.target_scale("standard")
