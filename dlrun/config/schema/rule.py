"""What a value of a schema's field may be, and how it is read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from dlrun.registry import is_known, names

SAME = "same as default"
MISSING = "???"  # OmegaConf's mark of a value that the user has to give


@dataclass(frozen=True)
class Rule:
    """What a value may be.

    `kind` is one of integer, number, size, flag, text, files, choice, integers, numbers, texts, layers, mapping,
    weights, free.
    `low`/`high` bound numbers (and the members of lists); `above`/`below` exclude the bound itself.
    `words` are texts allowed beside the kind (``"auto"``); `optional` allows null.
    `identity` is False for values that cannot change a result (folders, names, device).  A value that equals
    `identity_default` is not hashed: it stays what it was when the default changes, so that only the runs whose meaning
    has changed get a new id.
    """

    kind: str
    doc: str
    default: Any = None
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    choices: tuple[Any, ...] = ()
    group: str = ""  # choices: the kinds of this group of the registry, after those of `choices`
    words: tuple[str, ...] = ()
    optional: bool = False
    identity: bool = True
    identity_default: Any = SAME  # what is not hashed, where that is not the present default
    file: bool = False  # the value names a file or folder: its content is hashed, not its name
    scalar: bool = False  # lists: one bare value stands for a list of one
    empty: bool = False  # lists: may be empty
    several: bool = False  # texts and choices: a list of them may stand in place of one
    ordered: bool = False  # mapping: the order of its names counts
    holds: str = ""  # mapping: keys of a kind of this group of the registry, which may be another one's

    @property
    def unhashed(self) -> Any:
        """The value that leaves no trace in a run's identity."""
        return self.default if self.identity_default is SAME else self.identity_default

    @property
    def known(self) -> tuple[Any, ...]:
        """What may be chosen; of a group's kinds those that are known without importing a module."""
        if not self.group:
            return self.choices
        return (*self.choices, *(name for name in names(self.group) if name not in self.choices))

    def describe(self) -> str:
        """The part of a sentence after "expected": ``an integer >= 1, or "auto"``."""
        parts = [self._kind() + (", or a list of them" if self.several else "")]
        parts += [f'"{word}"' for word in self.words]
        if self.optional:
            parts.append("null")
        return " or ".join(parts)

    def _kind(self) -> str:
        if self.kind == "size":
            return "a fraction < 1 or a count"
        if self.kind == "choice":
            return "one of " + ", ".join(_show(choice) for choice in self.known)
        noun = {
            "integer": "an integer", "number": "a number", "flag": "true or false", "text": "a text",
            "integers": "a list of integers", "numbers": "a list of numbers", "texts": "a list of texts",
            "layers": "a list of layers", "mapping": "a mapping",
            "free": "a list of mappings" if self.default == () else "any value",
            "files": "a file, or a mapping of two or more names to a file each",
            "weights": "a list of numbers or a mapping of names to numbers",
        }[self.kind]
        return noun + self._range()

    def _range(self) -> str:
        low = "" if self.low is None else f"{'>' if self.above else '>='} {_show(self.low)}"
        high = "" if self.high is None else f"{'<' if self.below else '<='} {_show(self.high)}"
        both = " and ".join(bound for bound in (low, high) if bound)
        return f" {both}" if both else ""

    def read(self, value: Any) -> Any:
        """The value in its Python type; raises ValueError with the reason (without the key)."""
        if value is None:
            if self.optional:
                return None
            raise ValueError("null is not allowed")
        if isinstance(value, str) and value in self.words:
            return value
        if self.several and isinstance(value, (list, tuple)):
            members = tuple(_list_of(_READERS[self.kind])(self, value))
            return members if len(members) > 1 else members[0]
        return _READERS[self.kind](self, value)

    def _bounded(self, value: float) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("not a finite number")
        if self.low is not None and (value < self.low or (self.above and value == self.low)):
            raise ValueError("too small")
        if self.high is not None and (value > self.high or (self.below and value == self.high)):
            raise ValueError("too large")
        return value


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _integer(rule: Rule, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("not an integer")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("not an integer")
    if abs(value) >= 1 << 63:
        raise ValueError("beyond what 64 bits hold")
    bounded: int = rule._bounded(int(value))
    return bounded


def _number(rule: Rule, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("not a number")
    bounded: float = rule._bounded(float(value))
    return bounded


def _size(rule: Rule, value: Any) -> float | int:
    """A share of the rows, below 1, or a count of them."""
    number = _number(rule, value)
    return number if 0 < number < 1 else _integer(rule, value)


def _flag(rule: Rule, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _text(rule: Rule, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("not a text")
    if value == MISSING:
        raise ValueError("must be given")
    return str(value)


def _files(rule: Rule, value: Any) -> str | dict[str, str]:
    """A file, or one for each of two or more names (a number as a name is its text)."""
    if not isinstance(value, dict):
        return _text(rule, value)
    if len(value) < 2:
        raise ValueError("one name alone")
    return {str(name): _text(rule, file) for name, file in value.items()}


def _choice(rule: Rule, value: Any) -> Any:
    for choice in rule.known:
        if type(choice) is type(value) and choice == value:
            return choice
    if rule.group and isinstance(value, str) and is_known(rule.group, value):  # of a module that is allowed
        return value
    raise ValueError("no such choice")


def _list_of(read: Any) -> Any:
    def reader(rule: Rule, value: Any) -> tuple[Any, ...]:
        if rule.scalar and not isinstance(value, (list, tuple)):
            value = [value]
        if not isinstance(value, (list, tuple)):
            raise ValueError("not a list")
        if not value and not rule.empty:
            raise ValueError("an empty list")
        return tuple(read(rule, member) for member in value)

    return reader


def _layers(rule: Rule, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        raise ValueError("not a list of layers")
    return tuple(value)


def _mapping(rule: Rule, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not a mapping")
    found = {str(name): member for name, member in value.items()}  # as JSON and `**` have names
    if len(found) < len(value):
        raise ValueError("a name twice, as a number and as a text")
    return found


def _weights(rule: Rule, value: Any) -> tuple[float, ...] | dict[str, float]:
    """Weights in an order, or by name (a number as a name is its text)."""
    if isinstance(value, dict) and value:
        return {str(name): _number(rule, weight) for name, weight in value.items()}
    return tuple(_list_of(_number)(rule, value))


def _free(rule: Rule, value: Any) -> Any:
    """Anything; a list is a tuple, where the default is one."""
    return tuple(value) if isinstance(value, list) and isinstance(rule.default, tuple) else value


_READERS = {
    "integer": _integer, "number": _number, "size": _size, "flag": _flag, "text": _text, "files": _files,
    "choice": _choice, "integers": _list_of(_integer), "numbers": _list_of(_number), "texts": _list_of(_text),
    "layers": _layers, "mapping": _mapping, "weights": _weights, "free": _free,
}
