"""The runs that a k-fold run consists of, as configurations of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.root import Config
from dlrun.config.seeds import derive_seed

FINAL = "final"


def folds_of(config: Config) -> KFold | None:
    """The folds that a run of this configuration consists of; None for a run that trains once."""
    found = config.validation
    return found if isinstance(found, KFold) and found.fold is None else None


def fold_configs(config: Config) -> Iterator[tuple[str, Config]]:
    """The runs that a k-fold run consists of, in order: each fold by its number, then ``final``.

    The final fit is the run without validation.
    """
    folds = folds_of(config)
    assert folds is not None
    for number in range(folds.count):
        one = dataclasses.replace(folds, fold=number, final=False)
        yield str(number), _with_validation(config, one, one.plain())
    if folds.final:
        yield FINAL, _with_validation(config, None, 0)


def _with_validation(config: Config, validation: KFold | None, plain: Any) -> Config:
    return dataclasses.replace(config, validation=validation, force=False,
                               plain={**(config.plain or {}), "validation": plain, "force": False})


def depends_on_seed(config: Config) -> bool:
    """Whether the run's seed decides which rows are in which split, or in which fold."""
    return isinstance(config.validation, KFold) or seed_draws_rows(config)


def seed_draws_rows(config: Config) -> bool:
    """Whether the seed of a run that trains once decides which rows are in which split."""
    return getattr(config.validation, "drawn", False) or isinstance(config.dataset.split_seed, str)


def own_seed(config: Config) -> int:
    """The seed of weights, order, masks and noise: each fold has its own, so that its model is a new one."""
    found = config.validation
    if isinstance(found, KFold) and found.fold is not None:
        return derive_seed(config.seed, "fold", found.fold)
    return config.seed
