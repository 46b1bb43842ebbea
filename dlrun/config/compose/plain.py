"""The composition of plain overrides (`model=cnn optimizer.lr=0.1 model.hidden=[8,8]`) without loading Hydra.

Loading Hydra takes longer than all else that a refusal or the start of a small run does.  What is composed here is what
Hydra composes, key for key and in its order (a test compares hundreds of commands); everything that is not plain (a
user's option, an experiment, an option that builds on another, quotes, blanks, mappings, interpolations, sweeps, the
settings of Hydra) is left to Hydra.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from dlrun.config.compose.catalog import is_group, is_kind_option
from dlrun.config.compose.composition import Composition
from dlrun.config.compose.option import option_values
from dlrun.config.compose.unknown import known_keys, shadowed, unknown_key, unknown_option
from dlrun.config.compose.yaml_file import read_yaml
from dlrun.config.flat import flatten
from dlrun.config.places import packaged
from dlrun.config.problem import Problem
from dlrun.config.schema.fields import defaults
from dlrun.config.schema.groups import TARGET, filled
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import GROUPS, Root
from dlrun.config.schema.sweeps import of_a_sweep

_KEY = re.compile(r"[a-z]\w*(?:\.[a-z]\w*)*")
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,14})")
_FLOAT = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,17})?(?:e-?\d{1,3})?")
_TEXT = re.compile(r"(?:[A-Za-z_]|\.{0,2}/)[\w/-]*(?:\.\w[\w/-]*)*")
_WORDS = {"true": True, "false": False, "null": None}
_NOT_TEXTS = (*_WORDS, "inf", "nan")  # in any spelling: Hydra reads them as values


class _OnlyHydra(Exception):
    """Something that is not plain."""


def compose_plain(texts: Sequence[str]) -> tuple[Composition | None, list[Problem]] | None:
    """The configuration and the problems of overrides as `Composer.compose` gives them; None where one is not plain."""
    try:
        return _composed({text: _read(text) for text in texts}, len(texts))
    except _OnlyHydra:
        return None


def plain_keys_and_files(texts: Sequence[str]) -> tuple[set[str], list[tuple[str, str]]] | None:
    """As `hydra_defaults.keys_and_files`, of a command that `compose_plain` composes; None of another one."""
    try:
        read = dict(map(_read, texts))
        typed = {key: value for key, value in read.items() if key in GROUPS}
        if len(read) < len(texts) or any(is_group(key) and key not in GROUPS for key in read) or any(
                not isinstance(option, str) or unknown_option(group, option) or shadowed(group, option)
                for group, option in typed.items()):
            return None
        chosen = _chosen(typed)
        _base(chosen)  # raises where an option is no plain one
    except _OnlyHydra:
        return None
    return set(read), [("config", ""), *((f"{group}/{option}", group) for group, option in chosen.items())]


def _composed(read: dict[str, tuple[str, Any]], count: int) -> tuple[Composition, list[Problem]]:
    keys = [key for key, _ in read.values()]
    if len(set(keys)) < count or any(is_group(key) and key not in GROUPS for key in keys):
        raise _OnlyHydra  # of two values for one key the later counts; a folder of the user's is a group
    typed: dict[str, str] = {}
    problems: list[Problem] = []
    good: list[str] = []
    for text, (key, value) in read.items():
        if key in GROUPS:
            if not isinstance(value, str):
                raise _OnlyHydra
            unknown = unknown_option(key, value)
            if shadowed(key, value):
                raise _OnlyHydra
            if unknown:
                problems.append(Problem(text, unknown))
                continue
            typed[key] = value
        good.append(text)
    plain = _base(_chosen(typed))
    known = known_keys(plain)
    right: list[str] = []
    for text in good:
        key, value = read[text]
        trouble = None if key in GROUPS else unknown_key(key, text, known, plain)
        if trouble:
            problems.append(trouble)
            continue
        right.append(text)
        if key not in GROUPS:
            if not isinstance(value, str) and show(value) != text.partition("=")[2]:
                from dlrun.config.compose.typed import as_typed

                value = as_typed(key, value, text, plain)
            _set(plain, key, value)
    in_order = [t for t in right if read[t][0] in GROUPS] + [t for t in right if read[t][0] not in GROUPS]
    return Composition(plain, tuple(in_order if problems else right)), problems


def _read(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    first, _, member = key.partition(".")
    if not equals or not _KEY.fullmatch(key) or of_a_sweep(text) or first in ("hydra", "experiment", "sweep") or (
            first in GROUPS and member in ("kind", TARGET)):
        raise _OnlyHydra
    if value.startswith("[") and value.endswith("]"):
        return key, [_value(member) for member in value[1:-1].split(",")] if value != "[]" else []
    return key, _value(value)


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if text.lower() in _NOT_TEXTS or not _TEXT.fullmatch(text):
        raise _OnlyHydra
    return text


def _defaults() -> dict[str, str]:
    """The options of config.yaml's list, in its order."""
    entries = read_yaml(packaged("configs") / "config.yaml")["defaults"]
    pairs = [next(iter(entry.items())) for entry in entries if isinstance(entry, dict)]
    return {group: option for group, option in pairs if group in GROUPS}


def _chosen(typed: dict[str, str]) -> dict[str, str]:
    """The option of each group, in the order of config.yaml's list: the typed one, a suggested one, or the default.

    An option suggests options of groups above its own.  As Hydra does, the list is followed from its end; the first
    suggestion for a group counts.
    """
    chosen = {**_defaults(), **typed}
    order, settled = list(chosen), set(typed)
    for place in reversed(range(len(order))):
        suggested = option_values(order[place], chosen[order[place]]).get("root") or {}
        if not isinstance(suggested, dict):
            raise _OnlyHydra
        for group, option in suggested.items():
            if group not in GROUPS or group in settled:
                continue
            if group not in order[:place] or not isinstance(option, str) or unknown_option(group, option):
                raise _OnlyHydra
            chosen[group] = option
            settled.add(group)
    return chosen


def _base(chosen: dict[str, str]) -> dict[str, Any]:
    """What the options give, before any value is set."""
    own = read_yaml(packaged("configs") / "config.yaml")
    plain = {**defaults(Root), **{key: value for key, value in own.items() if key not in ("defaults", "hydra")}}
    plain["sweep"] = None
    for group, option in chosen.items():
        values = option_values(group, option)
        suggested = values.pop("root", None) or {}
        if "defaults" in values or TARGET in values or not (
                is_kind_option(group, option) or (packaged("configs") / group / f"{option}.yaml").is_file()):
            raise _OnlyHydra
        plain[group] = filled(group, values, option)
        for key, value in suggested.items():
            if key in GROUPS:
                continue
            if isinstance(value, dict) or "." in key:
                raise _OnlyHydra
            plain[key] = value
    if any(isinstance(value, str) and "${" in value for value in flatten(plain).values()):
        raise _OnlyHydra
    return deepcopy(plain)


def _set(plain: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    node: Any = plain
    for parent in parents:
        node = node[parent] if isinstance(node, dict) else None
    if not isinstance(node, dict) or isinstance(node.get(last), dict):
        raise _OnlyHydra  # a member of a list, or a value in place of a mapping
    node[last] = value
