"""Options of the split that cannot stand together, told apart before a file is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.quoting import show

if TYPE_CHECKING:
    from dlrun.config.schema.kinds import DatasetKind
    from dlrun.config.schema.root import Config

DRAWN = ("test", "split_seed", "stratify")  # how test rows are drawn from the others


def split_clashes(dataset: DatasetKind, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
    """The problems of a data set's options of the split."""
    if dataset.test_path:
        yield from _drawn(dataset, origin, "nothing is drawn where  dataset.test_path  has the test rows")


def _drawn(dataset: DatasetKind, origin: Callable[[str], str], why: str) -> Iterator[Problem]:
    for key, rule in rules(type(dataset)).items():
        if key in DRAWN and getattr(dataset, key) != rule.default:
            yield Problem(f"dataset.{key}={show(getattr(dataset, key))}", why, origin(f"dataset.{key}"))
