"""Which schema a group's mapping has: one table for checks, defaults, help and completion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun import registry
from dlrun.config.schema.fields import defaults, free, mapping, rules, text
from dlrun.config.schema.root import GROUPS

TARGET = "_target_"
OF_TARGET = ("target", "args", "source")  # what such a schema holds of the class itself


@dataclass(frozen=True)
class Custom:
    """A user's own model: the class that `_target_` names, called with `args` and `outputs`."""

    kind: ClassVar[str] = "custom"
    computed: ClassVar[bool] = False  # nothing more is known of it before it is made: see models.model.Model
    natural_task: ClassVar[str] = ""
    wirings: ClassVar[tuple[str, ...]] = ()
    name: str = text("", "The word it is chosen by.", identity=False)
    target: str = text("", "module.Class of your own code.")
    args: dict[str, Any] = mapping(None, "What the class is called with.")
    source: str = free("", "Hash of the module's file.")

    @property
    def given(self) -> str:
        return f"model={self.name or self.target}"

    def network(self, data_spec: Any, outputs: int, values: str = "any") -> None:
        return None

    def build(self, network: Any, data_spec: Any, outputs: int, seed: int, rng: Any) -> Any:
        raise NotImplementedError  # assembly.custom makes it, with its checks

    def table(self, network: Any, input_shape: Any) -> None:
        return None

    def stateful_key(self) -> str:
        return ""

    def unfit(self, task: Any, data_spec: Any) -> str:
        return ""

    def unfit_rows(self, rows: int) -> tuple[()]:
        return ()

    def clashes(self, config: Any, origin: Any) -> tuple[()]:
        return ()

    def fit(self, module: Any, rows: Any) -> None:
        return None


@dataclass(frozen=True)
class Kinds(Mapping[str, type]):
    """The schemas of a group by kind: found when they are asked for.

    Kinds of installed packages are found by their name, and left out where all are gone through: a package is imported
    only when a kind of it is chosen.
    """

    group: str

    def __getitem__(self, kind: str) -> type:
        schema: type = registry.find(self.group, kind)
        return schema

    def __iter__(self) -> Iterator[str]:
        return iter(registry.loadable(self.group))

    def __len__(self) -> int:
        return len(registry.names(self.group))

    def __contains__(self, kind: object) -> bool:
        return isinstance(kind, str) and registry.is_known(self.group, kind)


KINDS: dict[str, Kinds] = {group: Kinds(group) for group in GROUPS}


def schema_of(group: str, values: dict[str, Any]) -> type | None:
    """The schema of a group's mapping, by its `kind`; None when that is unknown.

    A group of settings that has a kind of its own name (early_stop, augment) needs no `kind`.
    """
    kinds = KINDS[group]
    kind = values.get("kind", group)
    return kinds[kind] if isinstance(kind, str) and kind in kinds else None


def is_open(group: str) -> bool:
    """Whether a user's class can stand in a group, by `_target_` in a file of theirs."""
    return group == "model" or registry.open_kind(group) is not None


def open_schema(group: str) -> type:
    """The schema of a user's class: its keys (besides `OF_TARGET`) are typed, all others are `args`."""
    schema: type = Custom if group == "model" else registry.open_kind(group) or Custom
    return schema


def of_target(values: Any) -> bool:
    """Whether a group's values stand for a user's class."""
    return set(OF_TARGET) <= set(rules(type(values)))


def filled(group: str, values: dict[str, Any], name: str) -> dict[str, Any]:
    """A group file's values over the defaults of its schema; `name` is the word that chose it."""
    if TARGET in values:
        keys = {key: value for key, value in defaults(open_schema(group)).items() if key not in OF_TARGET}
        return {**keys, "name": name, **values}
    schema = schema_of(group, values)
    if schema is None:
        return {"name": name, **values}
    full = {**defaults(schema), **values}
    if "name" in rules(schema) and "name" not in values:
        full["name"] = name
    return full
