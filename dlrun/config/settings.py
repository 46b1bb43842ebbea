"""What of a configuration can change a result: the part in which runs differ, the seed aside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from dlrun.config.flat import flatten
from dlrun.config.schema.fields import defaults, named_file, rules
from dlrun.config.schema.groups import KINDS
from dlrun.config.schema.root import Root
from dlrun.registry import BrokenKind


def settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a flat configuration; keys that it does not have yet get their schema's defaults.

    Left out are the seed and what has no part in a run's identity (folders, names, the device).
    """
    kinds = _kinds(config)
    found, hidden = dict(_defaults(kinds)), _hidden(kinds)
    found.update((key, value) for key, value in config.items()
                 if not any(part in hidden for part in _with_parents(key)))  # of a mapping its members are there
    return found


def _with_parents(key: str) -> Iterator[str]:
    while key:
        yield key
        key = key.rpartition(".")[0]


def changed(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are not their schema's defaults, and each group's kind."""
    usual = _defaults(_kinds(config))
    return {key: value for key, value in settings(config).items() if key not in usual or usual[key] != value}


def _kinds(config: Mapping[str, Any]) -> tuple[str | None, ...]:
    """The kind of each group; a group of settings (early_stop) has one of its own name."""
    return tuple(config.get(f"{group}.kind", group) for group in KINDS)


def word(config: Mapping[str, Any], group: str) -> str:
    """The word that chose a group: ``cnn``, or the kind where a run knows no word."""
    return str(config.get(f"{group}.name") or config.get(f"{group}.kind") or "")


def read_file(config: Mapping[str, Any]) -> str:
    """The user's own file that the rows come from; an empty text where the data set names none."""
    schema = dict(_schemas(_kinds(config))).get("dataset")
    return named_file(schema, config, "dataset.") if schema is not None else ""


def key_of(found: Mapping[str, Any]) -> str:
    """Equal for equal settings: 1 and 1.0 are one number, lists and tuples one list."""
    return json.dumps({key: _number(value) for key, value in found.items()}, sort_keys=True, default=list)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


@lru_cache(maxsize=256)
def _hidden(kinds: tuple[str | None, ...]) -> frozenset[str]:
    """What has no part in the identity of a run of these kinds; no other kind is imported for it."""
    root = [key for key, rule in rules(Root).items() if not rule.identity]
    groups = [f"{group}.{key}" for group, schema in _schemas(kinds)
              for key, rule in rules(schema).items() if not rule.identity]
    return frozenset(["seed", *root, *(f"{group}.name" for group in KINDS), *groups])


def _schemas(kinds: tuple[str | None, ...]) -> Iterator[tuple[str, type]]:
    """The schema of each group's kind; left out where it is not installed any more, or broken."""
    for group, kind in zip(KINDS, kinds):
        try:
            schema = KINDS[group].get(kind or "")
        except BrokenKind:
            continue
        if schema is not None:
            yield group, schema


@lru_cache(maxsize=256)
def _defaults(kinds: tuple[str | None, ...]) -> dict[str, Any]:
    usual = {**defaults(Root), **{group: defaults(schema) for group, schema in _schemas(kinds)}}
    hidden = _hidden(kinds)
    return {key: value for key, value in flatten(usual).items() if key not in hidden}
