"""Fields in a model's lists of layers as YAML gives them: found, and changed, before anything is parsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dlrun.config.schema.fields import rules


def found(value: Any, field: str, key: str) -> Iterator[tuple[str, Any]]:
    """Where a field of layers is given, and its value: ``model.layers[1].lstm.stateful``; inner lists too.

    >>> list(found([{"lstm": {"units": 8, "stateful": True}}], "stateful", "model.layers"))
    [('model.layers[0].lstm.stateful', True)]
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == field:
                yield f"{key}.{name}", inner
            else:
                yield from found(inner, field, f"{key}.{name}")
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from found(inner, field, f"{key}[{place}]")


def changed(value: Any, field: str, change: Callable[[Any], Any]) -> Any:
    """The same lists with what `change` makes of each value of a field."""
    if isinstance(value, dict):
        return {name: change(inner) if name == field else changed(inner, field, change)
                for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [changed(inner, field, change) for inner in value]
    return value


def given_in_lists(model: object, field: str) -> Iterator[tuple[str, Any]]:
    """Where a field of layers is given in any of a model's lists, and its value."""
    for name, rule in rules(type(model)).items():
        if rule.kind == "layers":
            yield from found(getattr(model, name), field, f"model.{name}")
