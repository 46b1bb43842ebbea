"""What a new run changes against one beside it, for users who meant to resume that, or to find it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from dlrun.config.flat import differing, flatten
from dlrun.config.own_code import OWN_CODE, own_code
from dlrun.config.schema.fields import rules
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import Config, Root
from dlrun.record.folder import RunFolder
from dlrun.record.lock import at_work
from dlrun.record.neighbours import of_code, unfinished
from dlrun.record.stored import read_yaml_mapping

MOST = 3  # keys; a run that differs in more is another one
LOOKED_AT = 200  # runs of other code whose settings are read: 0.1 s


def interrupted_beside(config: Config, folder: RunFolder) -> str:
    """A line about the interrupted run beside this one that differs least; empty where none is near.

    Says nothing for a fold, which is not typed, and at verbosity 0.
    """
    if config.verbosity == 0 or folder.path != folder.run or config.plain is None:
        return ""
    others = [other for other in unfinished(folder) if not at_work(other.path)]
    own = _result_keys(config.plain) if others else {}
    nearest: tuple[int, str] | None = None
    for other in others:
        try:
            there = _result_keys(read_yaml_mapping(other.config))
        except (OSError, ValueError, AttributeError):
            continue
        keys = differing(own, there)
        if 0 < len(keys) <= MOST and (nearest is None or len(keys) < nearest[0]):
            differences = ", ".join(f"{key} ({show(there.get(key))} there, {show(own.get(key))} here)" for key in keys)
            nearest = len(keys), f"a new run; {other.path.name} beside it was interrupted, and differs in {differences}"
    return nearest[1] if nearest else ""


def other_code_beside(config: Config, folder: RunFolder) -> str:
    """A line about a run beside this one with the same settings, where code of the user's own has changed since.

    Says nothing where `interrupted_beside` says nothing.
    """
    if config.verbosity == 0 or folder.path != folder.run or config.plain is None or not (code := own_code(config)):
        return ""
    own = _result_keys(config.plain)
    for other in islice(of_code(folder, config.seed, code), LOOKED_AT):
        try:
            if _result_keys(read_yaml_mapping(other.config)) != own:
                continue
            then = other.origin()[OWN_CODE]
        except (OSError, ValueError, AttributeError, KeyError):
            continue
        names = ", ".join(name for name in code if then.get(name) != code[name])
        return f"a new run: the code of {names} is another than that of run {other.path.name}, with the same settings"
    return ""


def _result_keys(plain: dict[str, Any]) -> dict[str, Any]:
    """The values that can change a result, by dotted key; of a group not the word that chose it."""
    root = rules(Root)
    kept = {key: value for key, value in plain.items() if key not in root or root[key].identity}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in flatten(kept).items()
            if not key.endswith(".name")}
