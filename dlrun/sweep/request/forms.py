"""dlrun's two forms beside Hydra's grammar: ``zip(a=1,2; b=3,4)`` and ``skip(a=1, b=4)``."""

from __future__ import annotations

from typing import Any

from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.sweep.request.axes import Axis, axis_of, zipped

_ZIP = "zip(optimizer.lr=0.1,0.01; batch_size=32,256)"
_SKIP = "skip(model=lstm, dataset=mnist)"
_OPENING, _CLOSING = "([{", ")]}"


def read_zip(text: str) -> Axis:
    """The axis of keys that vary together; raises ConfigError."""
    parts = _parts(_inside(text, _ZIP), ";")
    axes: list[Axis] = []
    problems: list[Problem] = []
    for part in parts:
        try:
            if "=" not in part:
                raise problem(text, f"expected keys with their values, separated by  ;  as in  {_ZIP}")
            axes.append(axis_of(part))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return zipped(axes, text)


def read_skip(text: str) -> dict[str, list[Any]]:
    """The values, by key, of the jobs that are left out; raises ConfigError.

    >>> read_skip("skip(model=lstm,gru, seed=1)")
    {'model': ['lstm', 'gru'], 'seed': [1]}
    """
    pieces: list[str] = []
    for part in [part for half in _parts(_inside(text, _SKIP), ";") for part in _parts(half, ",")]:
        if len(_parts(part, "=")) > 1:
            pieces.append(part)
        elif pieces:  # one more value of the key before
            pieces[-1] += f",{part}"
        else:
            raise problem(text, f"expected keys with their values, as in  {_SKIP}")
    found: dict[str, list[Any]] = {}
    for piece in pieces:
        for choice in axis_of(piece).choices:
            for key, value in choice.sets.items():
                found.setdefault(key, []).append(value)
    return found


def _inside(text: str, example: str) -> str:
    rest = text.strip().partition("(")[2]
    if not rest.endswith(")"):
        raise problem(text, f"the  (  is not closed; as in  {example}")
    if not rest[:-1].strip():
        raise problem(text, f"it is empty; as in  {example}")
    return rest[:-1]


def _parts(text: str, separator: str) -> list[str]:
    """The text cut at a sign that stands in no bracket and no quote, blanks taken off.

    >>> _parts("a=[1,2], b='x,y'", ",")
    ['a=[1,2]', "b='x,y'"]
    """
    parts, depth, quote = [""], 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
        if sign == separator and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]
