"""How the command line speaks: problems in two columns, tables without borders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from dlrun.config.problem import Problem, did_you_mean, problem
from dlrun.record.lines import columns as columns
from dlrun.record.lines import paint as paint


def say_problems(problems: Sequence[Problem], stream: TextIO | None = None, after: str = "nothing was started") -> None:
    """Print problems as in: what was said, what is wanted, where it stands if in a file."""
    out = stream or sys.stderr
    count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
    print(f"{count}, {after}\n", file=out)
    width = min(max((len(_one_line(p.given)) for p in problems), default=0), 34)
    for wrong in problems:
        said = _one_line(wrong.given)
        origin = f"  ({wrong.origin})" if wrong.origin else ""
        wanted = f"{wrong.expected}{origin}"
        if len(said) > width:
            print(f"  {paint(said, 'bold', out)}\n  {'':{width}}  {wanted}", file=out)
        else:
            print(f"  {paint(said, 'bold', out)}{'':{width - len(said)}}  {wanted}", file=out)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:97] + "..."


def split_keys(words: Sequence[str], keys: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """A verb's own ``key=value`` words and the others, which name things; ConfigError for a key of no use here."""
    values: dict[str, str] = {}
    others: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or Path(word).exists():
            others.append(word)
        elif key in keys:
            values[key] = value
        else:
            raise problem(word, f"keys are {', '.join(keys)}{did_you_mean(key, keys)}")
    return values, others
