"""Keywords of Python as the overrides that the command line would have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.config.problem import problem
from dlrun.config.schema.root import GROUPS
from dlrun.sweep.request.to_override import to_override


def overrides_of(overrides: Sequence[str], keys: Mapping[str, Any]) -> list[str]:
    """The overrides as typed, then the keywords.

    A text for a group chooses its option (``model="cnn"``), a mapping sets its keys (``optimizer={"lr": 0.01}``).

    >>> overrides_of(["optimizer.lr=0.01"], {"model": "dense", "augment": {"flip": True}, "test_at": [3]})
    ['optimizer.lr=0.01', 'model=dense', 'augment.flip=true', 'test_at=[3]']
    """
    for override in overrides:
        if not isinstance(override, str):
            raise problem(repr(override), "expected overrides as texts, key=value; objects are keywords")
    found = list(overrides)
    for key, value in keys.items():
        if key in GROUPS and isinstance(value, Mapping):
            found += [to_override(f"{key}.{member}", inner) for member, inner in value.items()]
        elif key in GROUPS and isinstance(value, str):
            found.append(f"{key}={value}")
        else:
            found.append(to_override(key, value))
    return found
