"""Options of the split that cannot stand together, told apart before a file is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.quoting import show

if TYPE_CHECKING:
    from dlrun.config.schema.kinds import DatasetKind
    from dlrun.config.schema.root import Config

DRAWN = ("test", "split_seed", "stratify")  # how test rows are drawn from the others


def split_clashes(dataset: DatasetKind, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
    """The problems of a data set's options of the split."""
    if dataset.test_path:
        yield from _drawn(dataset, origin, "nothing is drawn where  dataset.test_path  has the test rows")
    if dataset.order:
        yield from _in_time(dataset, config, origin)


def _drawn(dataset: DatasetKind, origin: Callable[[str], str], why: str,
           keys: tuple[str, ...] = DRAWN) -> Iterator[Problem]:
    for key, rule in rules(type(dataset)).items():
        if key in keys and getattr(dataset, key) != rule.default:
            yield Problem(f"dataset.{key}={show(getattr(dataset, key))}", why, origin(f"dataset.{key}"))


def _in_time(dataset: DatasetKind, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
    lies = f"rows lie in time by  dataset.order={dataset.order}"
    if dataset.group:
        yield Problem(f"dataset.group={dataset.group}", f"{lies}: the last ones are for the test, whatever their group",
                      origin("dataset.group"))
    yield from _drawn(dataset, origin, f"{lies}: the last ones are for the test, none is drawn", DRAWN[1:])
    validation = config.validation
    if isinstance(validation, KFold):
        yield Problem("validation.kind=kfold", f"{lies}: folds would be trained on what comes after their validation "
                                               "rows; validation=0.2 takes the last ones", origin("validation"))
    elif validation is not None and validation.take != "end":
        yield Problem(f"validation.take={validation.take}", f"{lies}: expected end, the last training rows",
                      origin("validation"))
