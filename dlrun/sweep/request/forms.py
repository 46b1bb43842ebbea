"""dlrun's two forms beside Hydra's grammar: ``zip(a=1,2; b=3,4)`` and ``skip(a=1, b=4)``."""

from __future__ import annotations

from typing import Any

from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.sweep.request.axes import Axis, of_word, zipped

_ZIP = "zip(optimizer.lr=0.1,0.01; batch_size=32,256)"
_SKIP = "skip(model=lstm, dataset=mnist)"
_OPENING, _CLOSING = "([{", ")]}"


def read_zip(word: str) -> Axis:
    """The axis of keys that vary together; raises ConfigError."""
    parts = _parts(_inside(word, _ZIP), ";")
    axes: list[Axis] = []
    problems: list[Problem] = []
    for part in parts:
        try:
            if "=" not in part:
                raise problem(word, f"keys with their values are wanted, apart by  ;  as in  {_ZIP}")
            axes.append(of_word(part))
        except ConfigError as wrong:
            problems += wrong.problems
    if problems:
        raise ConfigError(problems)
    return zipped(axes, word)


def read_skip(word: str) -> dict[str, list[Any]]:
    """The values, by key, of the jobs that are left out; raises ConfigError.

    >>> read_skip("skip(model=lstm,gru, seed=1)")
    {'model': ['lstm', 'gru'], 'seed': [1]}
    """
    pieces: list[str] = []
    for part in [part for half in _parts(_inside(word, _SKIP), ";") for part in _parts(half, ",")]:
        if len(_parts(part, "=")) > 1:
            pieces.append(part)
        elif pieces:  # one more value of the key before
            pieces[-1] += f",{part}"
        else:
            raise problem(word, f"keys with their values are wanted, as in  {_SKIP}")
    found: dict[str, list[Any]] = {}
    for piece in pieces:
        for choice in of_word(piece).choices:
            for key, value in choice.sets.items():
                found.setdefault(key, []).append(value)
    return found


def _inside(word: str, example: str) -> str:
    rest = word.strip().partition("(")[2]
    if not rest.endswith(")"):
        raise problem(word, f"the  (  is not closed; as in  {example}")
    if not rest[:-1].strip():
        raise problem(word, f"it is empty; as in  {example}")
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
