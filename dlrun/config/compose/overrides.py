"""The overrides of the command line, checked one by one before Hydra composes (it would stop at the first bad one)."""

from __future__ import annotations

from collections.abc import Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override
from hydra.errors import HydraException

from dlrun.config.check.custom import no_class_here
from dlrun.config.compose.catalog import is_group, options
from dlrun.config.compose.excess import too_long
from dlrun.config.compose.grammar import as_text, cannot_be_read
from dlrun.config.compose.unknown import GROUP_KEYS, shadowed, unknown_option
from dlrun.config.problem import Problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import KINDS, TARGET, is_open
from dlrun.config.schema.root import GROUPS, Root
from dlrun.config.schema.sweeps import of_a_sweep


def read_overrides(texts: Sequence[str], multirun: bool = False) -> tuple[list[Override], list[Problem]]:
    """The overrides that are well formed and choose what exists, and a problem for each other one."""
    parser = OverridesParser.create()
    good: list[Override] = []
    problems: list[Problem] = []
    for text in texts:
        if of_a_sweep(text):  # a plan takes these out before it reads the others
            problems.append(Problem(text, "it belongs to a sweep: add  -m"))
            continue
        if not text.partition("=")[0].strip():
            problems.append(Problem(text or '""', "expected key=value"))
            continue
        if excess := too_long(text):
            problems.append(Problem(text, excess))
            continue
        override = _parsed(parser, text) or _parsed(parser, as_text(text))
        if override is None:
            problems.append(Problem(text, cannot_be_read(text)))
            continue
        trouble = _trouble(override, multirun)
        if trouble:
            problems.append(Problem(text, trouble))
        else:
            good.append(override)
    return good, problems


def readable(text: str) -> str:
    """An override as Hydra reads it: a value that it refuses in quotes, where that makes a text of it."""
    parser, quoted = OverridesParser.create(), as_text(text)
    return quoted if quoted and _parsed(parser, text) is None and _parsed(parser, quoted) is not None else text


def _parsed(parser: OverridesParser, text: str) -> Override | None:
    try:
        return parser.parse_override(text) if text else None
    except (HydraException, ValueError, OverflowError, RecursionError):  # ValueError: of Python's own int()
        return None


def _trouble(override: Override, multirun: bool) -> str:
    key = override.key_or_group
    if key.split(".")[0] == "hydra" or key.startswith("hydra/"):
        return ""
    if override.is_delete():
        return "a key cannot be removed; give it another value (groups have  none  where that makes sense)"
    if override.package is not None:
        return "a group keeps its place; write  group=option"
    if override.is_sweep_override() and not multirun:
        return "several values need a multirun: add  -m"
    if key in GROUP_KEYS and override.is_add() and not override.is_force_add():
        return f"no + is needed:  {key}={override.get_value_element_as_str()}"
    group, _, inner = key.partition(".")
    if inner == "kind" and group in GROUPS:
        return f"the kind comes with the option:  {group}={override.get_value_element_as_str()}"
    if inner == TARGET and group in GROUPS:
        if not is_open(group):
            return no_class_here(group)
        return f"a class of your own enters by a file, as configs/{group}/mine.yaml, and  {group}=mine"
    if key == "experiment" and override.value() is None:
        return ""
    if is_group(key) and not isinstance(override.value(), Glob):
        members = list(override.sweep_string_iterator()) if override.is_sweep_override() else [override.value()]
        for member in members:
            if not isinstance(member, (str, int, float)):
                return f"expected the name of an option: {', '.join(options(key))}"
            unknown = unknown_option(key, str(member)) or shadowed(key, str(member))
            if unknown:
                return unknown
        if key not in GROUP_KEYS and not override.is_add():
            return f"a group of your own is added with a plus:  +{key}={override.get_value_element_as_str()}"
    return ""


def possible(override: Override) -> bool:
    """Whether some configuration has the key; what is impossible need not be composed to be known as wrong."""
    key = override.key_or_group
    first, _, member = key.partition(".")
    if first not in GROUPS or not member:
        return first in rules(Root) or first == "hydra" or "/" in first or is_group(first)
    return override.is_add() or any(member.split(".")[0] in rules(schema) for schema in KINDS[first].values()) or (
        is_open(first))  # a user's own class has arguments of its own
