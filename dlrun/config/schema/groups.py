"""Which schema a group's mapping has: one table for checks, defaults, help and completion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from dlrun import registry
from dlrun.config.schema.fields import defaults, rules
from dlrun.config.schema.kind import Kind, OwnClass
from dlrun.config.schema.root import GROUPS

TARGET = "_target_"
OF_TARGET = ("target", "args", "source")  # the fields of an `OwnClass`


@dataclass(frozen=True)
class Kinds(Mapping[str, type[Kind]]):
    """The schemas of a group by kind: found when they are asked for.

    Kinds of installed packages are found by their name, and left out where all are gone through: a package is imported
    only when a kind of it is chosen.
    """

    group: str

    def __getitem__(self, kind: str) -> type[Kind]:
        schema: type[Kind] = registry.find(self.group, kind)
        return schema

    def __iter__(self) -> Iterator[str]:
        return iter(registry.loadable(self.group))

    def __len__(self) -> int:
        return len(registry.names(self.group))

    def __contains__(self, kind: object) -> bool:
        return isinstance(kind, str) and registry.is_known(self.group, kind)


KINDS: dict[str, Kinds] = {group: Kinds(group) for group in GROUPS}


def schema_of(group: str, values: dict[str, Any]) -> type[Kind] | None:
    """The schema of a group's mapping, by its `kind`; None when that is unknown.

    A group of settings that has a kind of its own name (early_stop, augment) needs no `kind`.
    """
    kinds = KINDS[group]
    kind = values.get("kind", group)
    return kinds[kind] if isinstance(kind, str) and kind in kinds else None


def is_open(group: str) -> bool:
    """Whether a user's class can stand in a group, by `_target_` in a file of theirs."""
    return registry.open_kind(group) is not None


def open_schema(group: str) -> type[OwnClass]:
    """The schema of a user's class in a group that is open: its keys (besides `OF_TARGET`) are typed, all others are
    `args`.
    """
    schema: type[OwnClass] = registry.open_kind(group)
    return schema


def of_target(values: object) -> TypeGuard[OwnClass]:
    """Whether a group's values stand for a user's class."""
    return isinstance(values, OwnClass)


def filled(group: str, values: dict[str, Any], name: str) -> dict[str, Any]:
    """A group file's values over the defaults of its schema; `name` is the word that chose it."""
    if TARGET in values and is_open(group):
        keys = {key: value for key, value in defaults(open_schema(group)).items() if key not in OF_TARGET}
        return {**keys, **({"name": name} if "name" in keys else {}), **values}
    schema = schema_of(group, values)
    if schema is None:
        return {"name": name, **values}
    full = {**defaults(schema), **values}
    if "name" in rules(schema) and "name" not in values:
        full["name"] = name
    return full
