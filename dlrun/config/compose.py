"""From words to one mapping: Hydra composes; what it would answer with a stack trace becomes problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from omegaconf import OmegaConf

from dlrun.config.catalog import is_group
from dlrun.config.flat import flatten
from dlrun.config.overrides import possible, read_words, unknown_key
from dlrun.config.problem import Problem, Problems
from dlrun.config.refusal import REFUSALS, refused

VERSION_BASE = "1.3"  # Hydra's own name for a set of defaults; 1.4 deprecates it: this is its one place


@dataclass(frozen=True)
class Composition:
    """A composed configuration.

    `plain` is the resolved mapping; `words` are the overrides that it was composed of.
    """

    plain: dict[str, Any]
    words: tuple[str, ...] = ()


@contextmanager
def hydra_started() -> Iterator[None]:
    """Hydra with dlrun's search path; composing within an outer one costs no second start."""
    if GlobalHydra.instance().is_initialized():
        yield
    else:
        with initialize(version_base=VERSION_BASE, config_path=None):
            yield


def compose(words: Sequence[str]) -> tuple[Composition | None, list[Problem]]:
    """The configuration that `words` choose, and everything that is wrong with the words.

    With problems the composition holds the words that were right, so that their values can be checked too;
    it is None where not even the groups could be composed.
    """
    overrides, problems = read_words(words)
    with hydra_started():
        if not problems and all(map(possible, overrides)):
            try:
                return _composition(overrides), []
            except Problems as broken:  # a file that is not readable
                return None, broken.problems
            except REFUSALS:
                pass  # found again below, word by word
        return _diagnose(overrides, problems)


def _diagnose(overrides: list[Override], problems: list[Problem]) -> tuple[Composition | None, list[Problem]]:
    """Find the words that Hydra cannot take: first the groups alone, then each key against their keys."""
    groups = [o for o in overrides if _chooses_group(o)]
    found = [trouble for o in groups if (trouble := _hydra_group(o))]
    groups = [o for o in groups if _hydra_group(o) is None]
    try:
        base = _composition(groups)
    except Problems as broken:
        return None, problems + found + broken.problems
    except REFUSALS as error:
        return None, [*problems, *found, refused(error, _lines(groups))]
    known = list(flatten(base.plain)) + [key for key, _ in _branches(base.plain)]
    right: list[Override] = []
    for override in overrides:
        if _chooses_group(override):
            continue
        trouble = unknown_key(override, known, base.plain)
        if trouble:
            found.append(trouble)
        elif override.is_add() and not override.is_force_add() and override.key_or_group in known:
            found.append(Problem(override.input_line or "", "the key exists: no + is needed"))
        else:
            right.append(override)
    if not right:
        return base, problems + found
    try:
        return _composition(groups + right), problems + found
    except Problems as broken:
        return base, problems + found + broken.problems
    except REFUSALS as error:
        good, blamed = _blame(groups, right)
        rest = blamed or [refused(error, _lines(right))]
        return (_composition(groups + good) if blamed else base), problems + found + rest


def _blame(groups: list[Override], overrides: list[Override]) -> tuple[list[Override], list[Problem]]:
    """Each word alone: those that compose, and a problem for each other one."""
    good: list[Override] = []
    blamed: list[Problem] = []
    for override in overrides:
        try:
            _composition([*groups, override])
            good.append(override)
        except REFUSALS as error:
            blamed.append(refused(error, _lines([override])))
    return good, blamed


def _lines(overrides: Sequence[Override]) -> list[str]:
    return [override.input_line or "" for override in overrides]


def _chooses_group(override: Override) -> bool:
    key = override.key_or_group
    return is_group(key) or key.startswith("hydra/")


def _hydra_group(override: Override) -> Problem | None:
    """The problem of ``hydra/launcher=x`` where that plugin is not installed."""
    key = override.key_or_group
    if not key.startswith("hydra/"):
        return None
    known = GlobalHydra.instance().config_loader().get_group_options(key)
    if override.value() in known:
        return None
    there = f"there are: {', '.join(known)}" if known else "Hydra has no such group"
    return Problem(override.input_line or key, f"no such {key}; {there}")


def _composition(overrides: list[Override]) -> Composition:
    config = hydra_compose(config_name="config", overrides=_lines(overrides))
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    plain.pop("experiment", None)
    return Composition({str(key): value for key, value in plain.items()}, tuple(_lines(overrides)))


def _branches(mapping: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The inner nodes of a nested mapping, groups aside (a group is set by its word)."""
    for key, value in mapping.items():
        if isinstance(value, dict) and value:
            if prefix:
                yield f"{prefix}{key}", value
            yield from _branches(value, f"{prefix}{key}.")
