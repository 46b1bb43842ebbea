"""What result.json, provenance.json and a run's settings have to be, so that all who read them may rely on it.

A file may come from elsewhere, or have been edited: an entry of another type is said once, where the file is read.
Entries that nothing here names may be anything, and an entry of the file itself may be null where it is a mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dlrun.record.status import STATUSES


@dataclass(frozen=True)
class _Value:
    """A value of one of these types (True and False are no numbers), or one of these texts."""

    kind: str
    types: tuple[type, ...]
    texts: tuple[str, ...] = ()

    def holds(self, value: Any) -> bool:
        return type(value) in self.types or isinstance(value, self.types) and not isinstance(value, bool) or (
            value in self.texts)


# A _Value, a list of one form, or a mapping: the form of each named entry, of one that has to be there by its name with
# an exclamation mark, or of every entry by "*".
_Form = Any
_HUGE = 10**308
_NONE = type(None)
_NEVER_BEYOND = {str, float, bool, _NONE}
_TEXT, _NAME = _Value("a text", (str, _NONE)), _Value("a name", (str, _NONE))
_WHOLE, _NUMBER = _Value("a whole number", (int,)), _Value("a number", (int, float, _NONE))
_METRIC = {**dict.fromkeys(("label", "unit", "short", "instead_of", "code"), _TEXT),
           "direction": _Value("min, max or null", (_NONE,), ("min", "max"))}
_CLASS = dict.fromkeys(("precision!", "recall!", "f1!"), _Value("a number", (int, float))) | {"rows!": _WHOLE}
_OF_A_FOLD: _Form = {**dict.fromkeys(("epochs", "steps", "seconds"), _NUMBER), "rows": {"*": _WHOLE}}
_RESULT: _Form = {
    **dict.fromkeys(("epochs", "steps", "seconds", "parameters", "peak_memory"), _NUMBER), "stop_reason": _TEXT,
    "config": {},
    "rows": {"*": _WHOLE}, "test_at": {"*": {"*": _NUMBER}}, "metrics": {"*": _METRIC}, "best": {"epoch": _WHOLE},
    "folds": [_OF_A_FOLD], "final": _OF_A_FOLD, "remarks": [{"words": [_TEXT]}],
    **dict.fromkeys((f"{split}{end}" for split in ("train", "val", "test") for end in ("", "_std")), {"*": _NUMBER}),
    **dict.fromkeys(("train_clean", "samples"), {"*": _NUMBER}),
}
_PROVENANCE: _Form = {"data": {"remarks": [{"words": [_TEXT]}], "files": {"*": _TEXT}}, "own_code": {"*": _TEXT},
                      "versions": {"*": _TEXT}, "code": {}, "started": _TEXT,
                      "threads": _Value("a whole number", (int, _NONE)), "test_at": [_WHOLE]}


def result_error(found: Mapping[str, Any]) -> str:
    """What is wrong with the content of a result.json; empty for nothing.

    >>> result_error({"status": "finished", "config": {"seed": "one"}})
    "it is no result (expected a whole number at config.seed, it has 'one')"
    """
    status = found.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        return f"it is no result (its status is {status!r:.40})"
    wrong = (_beyond_floats(found) or _wrong(found, _RESULT, "")
             or _settings_wrong(found.get("config") or {}, "config.")
             or found.get("baseline") and _wrong(found["baseline"], {"model!": _TEXT, "says!": _TEXT}, "baseline")
             or _classes_wrong(found, "val") or _classes_wrong(found, "test"))
    return f"it is no result ({wrong})" if wrong else ""


def provenance_error(found: Mapping[str, Any]) -> str:
    """What is wrong with the content of a provenance.json; empty for nothing."""
    code = {name: state for name, state in (found.get("code") or {}).items() if state is not None} if isinstance(
        found.get("code"), Mapping) else {}  # null: in no repository
    return _wrong(found, _PROVENANCE, "") or _wrong(code, {"*": {"commit": _TEXT}}, "code")


def settings_error(flat: Mapping[str, Any]) -> str:
    """What is wrong with the flat configuration of a run: its seed, and the names and kinds of its groups."""
    return _beyond_floats(flat) or _settings_wrong(flat, "")


def _settings_wrong(flat: Mapping[str, Any], before: str) -> str:
    names = {key: _NAME for key in flat if key.count(".") == 1 and key.endswith((".kind", ".name"))}
    return _wrong(flat, {"seed": _WHOLE, **names}, before)


def _beyond_floats(value: Any) -> str:
    """Whether a whole number anywhere in it is too large to be computed with as a float."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, int):
            if not -_HUGE < one < _HUGE:
                return "it has a number of more than 308 digits"
        elif isinstance(one, (list, Mapping)):
            left += [inner for inner in (one if isinstance(one, list) else one.values())
                     if type(inner) not in _NEVER_BEYOND]
    return ""


def _classes_wrong(found: Mapping[str, Any], split: str) -> str:
    """What is wrong with the tables of classes, which several targets have each."""
    name, matrix = f"{split}_per_class", found.get(f"{split}_confusion")
    table = found.get(name) or {}
    several = isinstance(table, Mapping) and not any(isinstance(row, Mapping) and "f1" in row for row in table.values())
    wrong = _wrong(table, {"*": {"*": _CLASS}} if several and matrix is None else {"*": _CLASS}, name)
    if wrong or matrix is None:
        return wrong
    square = isinstance(matrix, list) and all(isinstance(row, list) and len(row) == len(table) for row in matrix)
    if not square or len(matrix) != len(table):
        return f"expected rows and columns of {len(table)} classes at {split}_confusion"
    return _wrong(matrix, [[_WHOLE]], f"{split}_confusion")


def _wrong(value: Any, form: _Form, name: str) -> str:
    """The first thing that is wrong with a value, with its place; empty for nothing."""
    if isinstance(form, _Value):
        return "" if form.holds(value) else _expected(form.kind, name, value)
    inner = "." in name or "[" in name
    parts: Iterable[tuple[Any, Any, _Form]]
    if isinstance(form, list):
        if not isinstance(value, list) and (value is not None or inner):
            return _expected("a list", name, value)
        before, after = f"{name}[", "]"
        parts = ((place, member, form[0]) for place, member in enumerate(value or ()))
    else:
        if not isinstance(value, Mapping) and (value is not None or inner):
            return _expected("a mapping", name, value)
        value = value or {}
        before, after = (f"{name}." if name and not name.endswith(".") else name), ""
        for key in form:
            if key.endswith("!") and key[:-1] not in value:
                return f"it lacks {before}{key[:-1]}"
        forms = dict.fromkeys(value, form["*"]) if "*" in form else {key.rstrip("!"): of for key, of in form.items()}
        parts = ((key, value[key], of) for key, of in forms.items() if key in value)
    for place, member, of in parts:
        if isinstance(of, _Value) and of.holds(member):  # nearly all: the name of the place is not needed
            continue
        if wrong := _wrong(member, of, f"{before}{place}{after}"):
            return wrong
    return ""


def _expected(kind: str, name: str, value: Any) -> str:
    return f"expected {kind} at {name}, it has {value!r:.40}"
