"""Which overrides Hydra cannot take, and why: found one by one after a composition was refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override

from dlrun.config.compose.catalog import is_group
from dlrun.config.compose.composition import Composition
from dlrun.config.compose.refusal import REFUSALS, refused
from dlrun.config.compose.unknown import known_keys, unknown_key
from dlrun.config.problem import ConfigError, Problem

Compose = Callable[[Sequence[Override]], Composition]


def diagnose(overrides: Sequence[Override], problems: list[Problem],
             compose: Compose) -> tuple[Composition | None, list[Problem]]:
    """First the groups alone, then each key against their keys; `problems` are those that are known already.

    The composition is that of the overrides that are right; None where the groups alone do not compose.
    """
    groups = [o for o in overrides if chooses_group(o)]
    found = [trouble for o in groups if (trouble := _hydra_group(o))]
    groups = [o for o in groups if _hydra_group(o) is None]
    try:
        base = compose(groups)
    except ConfigError as broken:
        return None, problems + found + broken.problems
    except REFUSALS as error:
        return None, [*problems, *found, refused(error, lines(groups))]
    known = known_keys(base.plain)
    right: list[Override] = []
    for override in overrides:
        if chooses_group(override):
            continue
        trouble = unknown_key(override.key_or_group, override.input_line or override.key_or_group, known, base.plain)
        if trouble:
            found.append(trouble)
        elif override.is_add() and not override.is_force_add() and override.key_or_group in known:
            found.append(Problem(override.input_line or "", "the key exists: no + is needed"))
        else:
            right.append(override)
    if not right:
        return base, problems + found
    try:
        return compose(groups + right), problems + found
    except ConfigError as broken:
        return base, problems + found + broken.problems
    except REFUSALS as error:
        good, blamed = _blame(groups, right, compose)
        rest = blamed or [refused(error, lines(right))]
        return (compose(groups + good) if blamed else base), problems + found + rest


def _blame(groups: list[Override], overrides: list[Override],
           compose: Compose) -> tuple[list[Override], list[Problem]]:
    """Each override alone: those that compose, and a problem for each other one."""
    good: list[Override] = []
    blamed: list[Problem] = []
    for override in overrides:
        try:
            compose([*groups, override])
            good.append(override)
        except REFUSALS as error:
            blamed.append(refused(error, lines([override])))
    return good, blamed


def lines(overrides: Sequence[Override]) -> list[str]:
    """The overrides as they were typed."""
    return [override.input_line or "" for override in overrides]


def chooses_group(override: Override) -> bool:
    """Whether an override chooses an option of a group, and does not set a value."""
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
