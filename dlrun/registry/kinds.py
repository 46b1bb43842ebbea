"""Looking a kind up, which is the one place where dlrun imports by name."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from dlrun.registry.index import files

Kind = TypeVar("Kind", bound=Any)
_registered: dict[tuple[str, str], Any] = {}


class UnknownKind(KeyError):
    """No kind of this name in this group."""


def register(group: str, name: str) -> Callable[[Kind], Kind]:
    """Enter a class (or function) as the kind `name` of `group`; ValueError where the name is taken by another.

    >>> @register("metric", "always_one")
    ... class AlwaysOne: ...
    >>> find("metric", "always_one").__name__
    'AlwaysOne'
    """

    def enter(kind: Kind) -> Kind:
        before = _registered.get((group, name))
        if before is not None and (before.__module__, before.__qualname__) != (kind.__module__, kind.__qualname__):
            raise ValueError(f"{group}={name} is {before.__module__}.{before.__qualname__} already")
        _registered[group, name] = kind
        return kind

    return enter


def names(group: str) -> tuple[str, ...]:
    """All names of a group, in alphabetical order; nothing is imported."""
    entered = [name for of, name in _registered if of == group]
    return tuple(sorted({*files(group), *entered}))


def find(group: str, name: str) -> Any:
    """The kind of this name; its file is imported when it is first asked for.  Raises UnknownKind."""
    if (group, name) not in _registered:
        module = files(group).get(name)
        if module is None:
            raise UnknownKind(f"{group}={name}")
        import_module(module)
    return _registered[group, name]


def kinds(group: str) -> dict[str, Any]:
    """All kinds of a group by name; imports the file of each."""
    return {name: find(group, name) for name in names(group)}


def load(target: str) -> Any:
    """What a dotted name (``module.Class``) of the user's own stands for.  Who calls it has asked for permission."""
    module, _, name = target.rpartition(".")
    return getattr(enter(module), name)


def enter(module: str) -> Any:
    """Import a module of the user's own, so that the kinds that it registers are known.

    Who calls it has asked for permission.  The working folder is looked at, too.
    """
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    return import_module(module)
