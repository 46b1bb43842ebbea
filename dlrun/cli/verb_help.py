"""`dlrun VERB --help`: usage, what it does, its arguments and keys, examples."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence

from dlrun.cli.verb import Verb, details, keys, place, sentence, usage
from dlrun.config.schema.rule import Rule
from dlrun.record.terminal import say


def print_help(name: str, kind: type[Verb], before: Sequence[str] = ()) -> None:
    """Print the page of one verb, as wide as the terminal; `before` are the arguments before ``--help``."""
    from dlrun.record.terminal import paint

    width = max(60, shutil.get_terminal_size((120, 24)).columns - 2)

    def head(text: str) -> str:
        return paint(text, "bold", sys.stdout)

    say(f"{head('usage')}   {usage(name, kind)}\n")
    say(textwrap.fill(sentence(kind), width))
    if details(kind):
        say("\n" + "\n\n".join(textwrap.fill(part, width) for part in details(kind).split("\n\n")))
    for heading, rows in [("arguments", arguments(kind)), *kind.help_sections(before)]:
        if not rows:
            continue
        left = max(len(first) for first, _ in rows) + 2
        say("\n" + head(heading))
        for first, text in rows:
            say(textwrap.fill(text, width, initial_indent=f"  {first:{left}}", subsequent_indent=" " * (left + 2)))
    if kind.examples:
        say("\n" + head("examples"))
        left = max(len(command) for command, _ in kind.examples) + 2
        for command, text in kind.examples:
            say(f"  {command:{left}}{text}")


def arguments(kind: type[Verb]) -> list[tuple[str, str]]:
    """(what is typed, what it means) of a verb's places and keys."""
    found = place(kind)
    rows = [(found[1].label, found[1].doc)] if found else []
    return rows + [typed_and_meaning(key, rule) for key, rule in keys(kind).items()]


def typed_and_meaning(key: str, rule: Rule) -> tuple[str, str]:
    """How a key is typed, and its sentence with what is allowed."""
    return f"--{key}" if rule.kind == "flag" else f"{key}=...", f"{rule.doc} {_allowed(rule)}".rstrip()


def _allowed(rule: Rule) -> str:
    if rule.kind == "flag":
        return ""
    if rule.kind == "text" and not rule.default:
        return ""
    default = "" if rule.default is None or rule.default in ("", ()) else f"; default {rule.default}"
    return f"({rule.describe().removesuffix(' or null')}{default})"
