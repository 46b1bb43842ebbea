"""Whether the rows that the members of an ensemble call their own are the same ones: others were trained on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.folds import depends_on_seed
from dlrun.config.schema.root import Config
from dlrun.inference.ensemble.members import Member


def check_test(members: Sequence[Member]) -> None:
    """Raise ConfigError where the members' test rows are not the same ones."""
    first = members[0]
    for member in members[1:]:
        check_files(first, member)
        if _drawn(first.run.config) != _drawn(member.run.config):
            raise problem(member.name, f"its test rows are others than those of {first.name}, and may be among the "
                                       "rows that one was trained on; expected runs with the same dataset.test and "
                                       "dataset.split_seed, or a file of rows that none has seen")


def check_files(first: Member, other: Member) -> None:
    """Raise ConfigError where two runs were trained on other files."""
    ours, theirs = (_files(member.folder) for member in (first, other))
    sets = [member.run.config.dataset for member in (first, other)]
    if sets[0].kind != sets[1].kind:
        raise problem(other.name, f"it was trained on {sets[1].kind}, and {first.name} on {sets[0].kind}; expected "
                                  "runs on the same data")
    if ours != theirs or (not ours and sets[0] != sets[1]):  # without files the rows follow from the options
        raise problem(other.name, f"it was trained on other {sets[1].kind} data than {first.name}; expected runs on "
                                  "the same data")


def _files(folder: Path) -> set[str]:
    """The SHA-256 of the files that a run was trained on; empty where it does not say."""
    from dlrun.inference.trained_folder import trained_folder

    try:
        files: dict[str, Any] = (trained_folder(folder).origin().get("data") or {}).get("files") or {}
    except (FileNotFoundError, ConfigError):
        return set()
    return {str(value) for value in files.values()}


def _drawn(config: Config) -> tuple[Any, ...]:
    """What decides which rows of the same files are test rows."""
    dataset = config.dataset
    seed = config.seed if isinstance(dataset.split_seed, str) else dataset.split_seed
    return (dataset.test, dataset.test_take, seed, dataset.stratify, dataset.group, dataset.order, config.test_size)


def validation_of(config: Config) -> tuple[Any, ...]:
    """What decides which rows of the same files are validation rows."""
    return (*_drawn(replace(config, test_size=None)), repr(config.validation), config.train_size,
            config.seed if depends_on_seed(config) else None)
