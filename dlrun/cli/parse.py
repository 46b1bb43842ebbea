"""From the texts after a verb to the verb with its typed arguments; all problems are reported at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from dlrun.cli.verb import Positional, Verb, keys, place, usage
from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.config.schema.reader import read_value
from dlrun.config.schema.rule import Rule

Kind = TypeVar("Kind", bound=Verb)


def parse(name: str, kind: type[Kind], arguments: Sequence[str]) -> Kind:
    """The verb `name` with its `arguments`: ``key=value``, ``--key=value``, ``--key value``, ``--flag``.

    Where a key is given twice the last one counts; keys that take lists collect.  Raises ConfigError.
    """
    known = keys(kind)
    found = place(kind)
    problems: list[Problem] = []
    given: dict[str, list[str]] = {}
    others: list[str] = []
    queue = list(arguments)
    while queue:
        text = queue.pop(0)
        dashed = text.startswith("-") and len(text) > 1 and not _exists(text)
        key, equals, value = text.lstrip("-").partition("=") if dashed else text.partition("=")
        if dashed and key in known and not equals:
            if known[key].kind == "flag":
                value = "true"
            elif queue:
                value = queue.pop(0)
            else:
                problems.append(Problem(text, f"expected a value after it, {known[key].describe()}"))
                continue
            equals = "="
        if key in known and equals:
            given.setdefault(key, []).append(value)
        elif dashed:
            flags = [f"--{name}" for name in known]
            problems.append(Problem(text, f"no such flag{did_you_mean(text, flags)}; expected  {usage(name, kind)}"))
        elif equals and not _exists(text) and not (found and found[1].overrides):
            there = f"its keys are {', '.join(known)}{did_you_mean(key, known)}" if known else "it has no keys"
            problems.append(Problem(text, f"no such key of  dlrun {name}; {there}"))
        else:
            others.append(text)
    values = {key: read_value(known[key], as_yaml(known[key], texts), key, problems) for key, texts in given.items()}
    if found is not None and not problems:
        problems += _counted(name, kind, found[1], others, arguments)
    elif found is None and others:
        problems.append(Problem(others[0], f"expected  {usage(name, kind)}"))
    if problems:
        raise ConfigError(problems)
    if found:
        values[found[0]] = tuple(others)
    return kind(**values)


def _exists(text: str) -> bool:
    """Whether an argument is the name of a file; what is too long for one, or holds a NUL, is none."""
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


def _counted(name: str, kind: type[Verb], rule: Positional, others: list[str], typed: Sequence[str]) -> list[Problem]:
    if len(others) >= rule.least and (rule.most is None or len(others) <= rule.most):
        return []
    doc = rule.doc[0].lower() + rule.doc[1:].rstrip(".")
    return [Problem(" ".join([name, *typed]), f"expected  {usage(name, kind)}: {doc}")]


def as_yaml(rule: Rule, texts: list[str]) -> Any:
    """What was typed for a key, as a YAML file would give it; a text is taken as it stands, whatever its signs."""
    text = texts[-1]
    if rule.kind in ("texts", "integers", "numbers") and text not in rule.words:
        parts = [part.strip() for each in texts for part in each.strip("[]").split(",") if part.strip()]
        return parts if rule.kind == "texts" else [_number(part) for part in parts]
    if text == "null" and (rule.optional or rule.kind in ("integer", "number")):
        return None
    if rule.kind in ("integer", "number"):
        return _number(text)
    if rule.kind == "flag":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text


def _number(text: str) -> Any:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            pass
    return text
