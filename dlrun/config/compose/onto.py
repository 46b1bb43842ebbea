"""Overrides on a resolved configuration that a run has kept, in place of a composition from files."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from dlrun.config.compose.catalog import is_group
from dlrun.config.compose.compose import compose
from dlrun.config.compose.overrides import read_overrides
from dlrun.config.compose.typed import as_typed
from dlrun.config.compose.unknown import known_keys, unknown_key
from dlrun.config.problem import ConfigError, Problem


def onto(plain: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The configuration with other values; an option (``schedule=cosine``) replaces its whole group.

    Raises ConfigError for what cannot be read, and for keys and options that are not there.
    """
    found = deepcopy(plain)
    read, problems = read_overrides(overrides)
    known = known_keys(found)
    for override in sorted(read, key=lambda one: not is_group(one.key_or_group)):  # options before their keys
        key, value, text = override.key_or_group, override.value(), str(override.input_line)
        if is_group(key) and key not in found:  # an experiment, a group of the user's: what they set is not one key
            problems.append(Problem(text, "here it cannot be set on what a run has kept; expected the keys that it "
                                          "sets, one by one"))
            continue
        if is_group(key):
            composition, wrong = compose([f"{key}={value}"])
            problems += wrong
            if composition is not None and not wrong:
                found[key] = composition.plain[key]
                known = known_keys(found)
            continue
        if trouble := unknown_key(key, text, known, found):
            problems.append(trouble)
            continue
        *parents, last = key.split(".")
        node: Any = found
        for parent in parents:
            node = node.get(parent) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            problems.append(Problem(text, "a member of a list is not set alone; set it whole"))
            continue
        node[last] = as_typed(key, value, text, found)
    if problems:
        raise ConfigError(problems)
    return found
