"""The vocabulary of the schema: a field is a default, a rule (type, range, words) and one sentence.

Everything else (checks, help, `dlrun explain`, identity) is derived from these; see `config.check`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from dlrun.config.schema.rule import MISSING as MISSING
from dlrun.config.schema.rule import Rule


def _field(kind: str, default: Any, doc: str, **rule: Any) -> Any:
    if default is None and kind != "free":
        rule["optional"] = True
    return dataclasses.field(default=default, metadata={"rule": Rule(kind, doc, default, **rule)})


def integer(default: Any, doc: str, **rule: Any) -> Any:
    """A whole number; `low`, `high`, `words` (texts also allowed, as "auto") and the like are those of `Rule`."""
    return _field("integer", default, doc, **rule)


def number(default: Any, doc: str, **rule: Any) -> Any:
    """A number, as a float; bounds are `low` and `high`, excluded with `above` and `below`."""
    return _field("number", default, doc, **rule)


def size(default: Any, doc: str, **rule: Any) -> Any:
    """A share of the rows (below 1), or a count of them (from 1), or 0."""
    return _field("size", default, doc, low=0, **rule)


def flag(default: Any, doc: str, **rule: Any) -> Any:
    """True or false."""
    return _field("flag", default, doc, **rule)


def text(default: Any, doc: str, **rule: Any) -> Any:
    """A text."""
    return _field("text", default, doc, **rule)


def file(default: Any, doc: str, **rule: Any) -> Any:
    """A file or folder, which is part of a run's identity by its content: moving it changes no id."""
    return _field("text", default, doc, file=True, **rule)


def files(default: Any, doc: str, **rule: Any) -> Any:
    """A file, or a mapping of names to files; part of a run's identity by the content of each."""
    return _field("files", default, doc, file=True, **rule)


def choice(default: Any, choices: tuple[Any, ...], doc: str, **rule: Any) -> Any:
    """One of `choices`."""
    return _field("choice", default, doc, choices=choices, **rule)


def kind_name(group: str, default: str, doc: str, **rule: Any) -> Any:
    """The name of a kind of a group of the registry, those of installed packages and allowed modules included."""
    return _field("choice", default, doc, choices=(default,), group=group, **rule)


def integers(default: Any, doc: str, **rule: Any) -> Any:
    """A list of whole numbers, kept as a tuple; bounds hold for each."""
    return _field("integers", default, doc, **rule)


def numbers(default: Any, doc: str, **rule: Any) -> Any:
    """A list of numbers, kept as a tuple of floats; bounds hold for each."""
    return _field("numbers", default, doc, **rule)


def texts(default: Any, doc: str, **rule: Any) -> Any:
    """A list of texts, kept as a tuple."""
    return _field("texts", default, doc, **rule)


def layers(default: Any, doc: str, **rule: Any) -> Any:
    """A list of layers as in `model=sequential`, unread: `models.parse` makes specs of it."""
    return _field("layers", default, doc, **rule)


def mapping(default: Any, doc: str, **rule: Any) -> Any:
    """A mapping with any keys and values."""
    return _field("mapping", default, doc, **rule)


def weights(default: Any, doc: str, **rule: Any) -> Any:
    """Weights >= 0, in an order or by name, as of classes or targets."""
    return _field("weights", default, doc, low=0, **rule)


def free(default: Any, doc: str, **rule: Any) -> Any:
    """Any value, unchecked: the owner of the field checks it."""
    return _field("free", default, doc, **rule)


def rules(schema: type) -> dict[str, Rule]:
    """The rules of a schema dataclass by key, in their order of declaration; what has none cannot be set."""
    return {field.name: field.metadata["rule"] for field in dataclasses.fields(schema) if "rule" in field.metadata}


def named_file(schema: type, values: Mapping[str, Any], prefix: str = "") -> str:
    """The first file or folder that values of a schema name, under their keys after `prefix`; empty where none does.

    Of several files the names that they are given under, ``bicycle-airplane``, as many as a folder's name wants.
    """
    for key in (prefix + key for key, rule in rules(schema).items() if rule.file):
        found = values.get(key)
        names = list(found) if isinstance(found, dict) else [  # in a flat configuration each has a key of its own
            name.removeprefix(f"{key}.") for name in values if name.startswith(f"{key}.")]
        if names or found:
            return "-".join(names[:3]) or str(found)
    return ""


def defaults(schema: type) -> dict[str, Any]:
    """The default values of a schema dataclass by key, as plain YAML types."""
    return {name: _plain(rule.default) for name, rule in rules(schema).items()}


def _plain(value: Any) -> Any:
    return [_plain(member) for member in value] if isinstance(value, tuple) else value
