"""The words of the command line, checked one by one before Hydra composes (it would stop at the first bad one)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override
from hydra.errors import HydraException

from dlrun.config.catalog import is_group, option_files, options
from dlrun.config.fields import rules
from dlrun.config.problem import Problem, did_you_mean, nearest
from dlrun.config.root import GROUPS, Root

GROUP_KEYS = (*GROUPS, "experiment")
_OPEN = ("free", "mapping", "layers", "integers", "numbers", "texts")  # kinds that have members of their own


def read_words(words: Sequence[str], multirun: bool = False) -> tuple[list[Override], list[Problem]]:
    """The overrides that are well formed and choose what exists, and a problem for each other word."""
    parser = OverridesParser.create()
    good: list[Override] = []
    problems: list[Problem] = []
    for word in words:
        try:
            override = parser.parse_override(word)
        except HydraException as error:
            problems.append(Problem(word, _not_a_word(word, error)))
            continue
        trouble = _trouble(override, multirun)
        if trouble:
            problems.append(Problem(word, trouble))
        else:
            good.append(override)
    return good, problems


def _not_a_word(word: str, error: Exception) -> str:
    if "=" not in word:
        homes = [f"{group}={word}" for group in GROUP_KEYS if word in options(group)]
        hint = f"; did you mean  {homes[0]}" if homes else ""
        return f"a word of the form key=value is wanted{hint}"
    return f"not readable: {str(error).splitlines()[0]}"


def _trouble(override: Override, multirun: bool) -> str:
    key = override.key_or_group
    if key.split(".")[0] == "hydra" or key.startswith("hydra/"):
        return ""
    if override.is_delete():
        return "a key cannot be removed; give it another value (groups have  none  where that makes sense)"
    if override.package is not None:
        return "a group keeps its place; write  group=option"
    if override.is_sweep_override() and not multirun:
        return "several values want a multirun: add  -m"
    if is_group(key) and not isinstance(override.value(), Glob):
        members = list(override.sweep_string_iterator()) if override.is_sweep_override() else [override.value()]
        for member in members:
            if not isinstance(member, (str, int, float)):
                return f"a word is wanted: {', '.join(options(key))}"
            trouble = unknown_option(key, str(member))
            if trouble:
                return trouble
    return ""


def unknown_option(group: str, word: str) -> str:
    """Why `word` cannot be chosen in `group`; empty if it can."""
    files = option_files(group)
    if word in files or (group == "experiment" and word == "null"):
        return ""
    near = nearest(word, files)
    if near:
        return f"no such {group}; did you mean  {group}={near[0]}"
    if group == "experiment":
        return "no such experiment; `dlrun list experiments` names them"
    return f"no such {group}; there are: {', '.join(sorted(files))}"


def unknown_key(override: Override, known: Iterable[str], plain: dict[str, Any]) -> Problem | None:
    """The problem of an override whose key does not exist (or cannot have members); None if it may be set.

    `known` are the dotted keys of this configuration, `plain` is its mapping.
    """
    key = override.key_or_group
    known = list(known)
    if key in known or is_group(key) or key.split(".")[0] == "hydra":
        return None
    said = override.input_line or key
    parts = key.split(".")
    for depth in range(len(parts) - 1, 0, -1):
        parent = ".".join(parts[:depth])
        if parent in known:
            return _member(said, parent, parts[depth], plain)
    words = [*known, *(group for group in GROUP_KEYS)]
    near = nearest(key, words)
    value = said.split("=", 1)[-1]
    if near:
        return Problem(said, f"no such key; did you mean  {near[0]}={value}")
    group = parts[0]
    if group in GROUPS:
        name = plain.get(group, {}).get("name") or plain.get(group, {}).get("kind") or ""
        keys = ", ".join(k.split(".", 1)[1] for k in known if k.startswith(group + ".") and k.count(".") == 1
                         and not k.endswith((".name", ".kind")))
        return Problem(said, f"{group} {name} has no such key; it has: {keys}")
    return Problem(said, f"no such key{did_you_mean(group, words)}; `dlrun explain` shows them all")


def _member(said: str, parent: str, member: str, plain: dict[str, Any]) -> Problem | None:
    value: Any = plain
    for part in parent.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, list):
        return None if member.isdigit() and int(member) < len(value) else Problem(
            said, f"{parent} is a list of {len(value)}; its members are {parent}.0 to {parent}.{len(value) - 1}")
    root = rules(Root).get(parent)
    if root is not None and root.kind in _OPEN or parent.split(".")[0] in GROUPS:
        shown = "a single value" if not isinstance(value, dict) else "a mapping"
        return Problem(said, f"{parent} is {shown} here; set it whole:  {parent}=...")
    return Problem(said, f"{parent} is a single value; it has no {member}")
