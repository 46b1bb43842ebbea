"""Numbers that were typed where a text is expected: ``name=1.10`` is no 1.1, ``output_dir=2026_11_30`` no 20261130."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import TARGET, open_schema, schema_of
from dlrun.config.schema.root import GROUPS, Root

_TEXTS = ("text", "texts", "files")  # the kinds of rules that make a text of a number


def as_typed(key: str, value: Any, override: str, chosen: Mapping[str, Any]) -> Any:
    """The value of an override, with numbers as they were typed where its key holds texts.

    `chosen` is the configuration that it is set in, which says what kinds its groups have.

    >>> as_typed("name", 1.1, "name=1.10", {}), as_typed("seed", 10, "seed=1_0", {})
    ('1.10', 10)
    """
    members = value if isinstance(value, list) else [value]
    if not any(map(_is_number, members)) or not _holds_texts(key, chosen):
        return value
    typed = override.partition("=")[2].strip()
    if not isinstance(value, list):
        return value if str(value) == typed else typed
    texts = [text.strip() for text in typed[1:-1].split(",")]
    if len(texts) != len(members):  # a comma in quotes, a list in a list
        return value
    return [text if _is_number(member) and str(member) != text else member for text, member in zip(texts, members)]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _holds_texts(key: str, chosen: Mapping[str, Any]) -> bool:
    group, _, member = key.partition(".")
    if group not in GROUPS:
        rule = rules(Root).get(key)
    else:
        values: Any = chosen.get(group)
        if not isinstance(values, Mapping):
            return False
        schema = open_schema(group) if TARGET in values else schema_of(group, values)  # type: ignore[arg-type]
        rule = rules(schema).get(member) if schema is not None else None
    return rule is not None and rule.kind in _TEXTS
