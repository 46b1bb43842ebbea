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
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dlrun.config.overrides import read_words, unknown_key
from dlrun.config.problem import Problem, Problems

VERSION_BASE = "1.3"  # Hydra's own name for a set of defaults; 1.4 deprecates it: this is its one place


@dataclass(frozen=True)
class Composition:
    """A composed configuration.

    `plain` is the resolved mapping; `words` are the overrides as typed.
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
        if not problems:
            try:
                return Composition(_compose([o.input_line or "" for o in overrides]), tuple(words)), []
            except Problems as broken:  # a file that is not readable
                return None, broken.problems
            except (HydraException, OmegaConfBaseException) as error:
                failure = error
        else:
            failure = None
        return _diagnose(overrides, problems, failure)


def _diagnose(
    overrides: list[Override], problems: list[Problem], failure: Exception | None
) -> tuple[Composition | None, list[Problem]]:
    """Find the words that Hydra cannot take: first the groups alone, then each key against their keys."""
    groups = [o for o in overrides if o.is_force_add() is False and _chooses_group(o)]
    try:
        base = _compose([o.input_line or "" for o in groups])
    except Problems as broken:
        return None, problems + broken.problems
    except (HydraException, OmegaConfBaseException) as error:
        return None, problems + [_of_hydra(error, groups)]
    known = list(flatten(base)) + [key for key, _ in _branches(base)]
    right: list[Override] = list(groups)
    found: list[Problem] = []
    for override in overrides:
        if override in groups:
            continue
        trouble = unknown_key(override, known, base)
        if trouble:
            found.append(trouble)
        elif override.is_add() and not override.is_force_add():
            found.append(Problem(override.input_line or "", "the key exists: no + is needed"))
        else:
            right.append(override)
    try:
        return Composition(_compose([o.input_line or "" for o in right])), problems + found
    except (HydraException, OmegaConfBaseException, Problems) as error:
        if isinstance(error, Problems):
            return Composition(base), problems + found + error.problems
        rest = [] if problems or found else [_of_hydra(failure or error, overrides)]
        return Composition(base), problems + found + rest


def _chooses_group(override: Override) -> bool:
    from dlrun.config.catalog import is_group

    key = override.key_or_group
    return is_group(key) or key.startswith("hydra/")


def _of_hydra(error: Exception, overrides: Sequence[Override]) -> Problem:
    said = " ".join(override.input_line or "" for override in overrides) or "config.yaml"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return Problem(said, " ".join(lines[:2]))


def _compose(lines: list[str]) -> dict[str, Any]:
    config = hydra_compose(config_name="config", overrides=lines)
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    plain.pop("experiment", None)
    return {str(key): value for key, value in plain.items()}


def flatten(mapping: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Leaves of a nested mapping by dotted key; lists and empty mappings are leaves."""
    flat: dict[str, Any] = {}
    for key, value in mapping.items():
        if isinstance(value, dict) and value:
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _branches(mapping: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The inner nodes of a nested mapping, groups aside (a group is set by its word)."""
    for key, value in mapping.items():
        if isinstance(value, dict) and value:
            if prefix:
                yield f"{prefix}{key}", value
            yield from _branches(value, f"{prefix}{key}.")
