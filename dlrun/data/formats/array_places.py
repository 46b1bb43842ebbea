"""Where a user's arrays lie: files of inputs and of targets, and those of test rows that lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dlrun.config.problem import problem
from dlrun.data import paths


class Named(Protocol):
    """What says which arrays of which files are meant: see `dlrun.data.sets.npz.Npz`."""

    @property
    def path(self) -> str | dict[str, str]:
        """A file, or one for each class."""

    @property
    def targets_path(self) -> str:
        """The file of the targets beside a single array; empty: none."""

    @property
    def test_path(self) -> str | dict[str, str]:
        """The same of test rows that lie apart; empty: none."""

    @property
    def test_targets_path(self) -> str:
        """The file of their targets."""

    @property
    def group(self) -> str:
        """The array that says which rows belong together; empty: none."""

    @property
    def order(self) -> str:
        """The array by which rows lie in time; empty: none."""

    @property
    def x(self) -> str:
        """The array of inputs, by its name; empty: x or x_train."""

    @property
    def y(self) -> str:
        """The array of targets, by its name; empty: y or y_train."""

    @property
    def fewest(self) -> int:
        """How many classes there are, at least."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input, where rows are stored flat."""

    @property
    def targets(self) -> str | tuple[str, ...]:
        """What the targets are: auto, classes, number."""

    @property
    def layout(self) -> str:
        """What three dimensions are: auto, series."""

    @property
    def scale(self) -> str:
        """How inputs are scaled."""


@dataclass(frozen=True)
class Place:
    """Where inputs and targets lie: a file, or one for each class; `key` is the prefix of the options that say it."""

    path: str | dict[str, str]
    targets_path: str
    key: str = ""

    @property
    def given(self) -> str:
        """Whom a problem of the inputs is about."""
        return f"dataset.{self.key}path={self.path}"

    @property
    def targets_given(self) -> str:
        """Whom a problem of the targets' file is about."""
        return f"dataset.{self.key}targets_path={self.targets_path}"

    def inputs(self) -> list[Path]:
        """The files of the inputs, in the order of their classes.  Raises ConfigError for one that is not there."""
        named = [self.path[name] for name in sorted(self.path)] if isinstance(self.path, dict) else [self.path]
        return [paths.own(name, key=f"{self.key}path") for name in named]

    def files(self) -> list[Path]:
        """All files.  Raises ConfigError for one that is not there."""
        return [*self.inputs(), *([self.targets()] if self.targets_path else [])]

    def targets(self) -> Path:
        """The file of the targets.  Raises ConfigError where it is not there."""
        return paths.own(self.targets_path, key=f"{self.key}targets_path")


def places(cfg: Named) -> list[Place]:
    """Where the rows lie, and the test rows that lie apart."""
    found = [Place(cfg.path, cfg.targets_path)]
    if cfg.test_path:
        return [*found, Place(cfg.test_path, cfg.test_targets_path, "test_")]
    if cfg.test_targets_path:
        raise problem(f"dataset.test_targets_path={cfg.test_targets_path}",
                      "it stands beside  dataset.test_path=FILE.npy")
    return found
