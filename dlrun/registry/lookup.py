"""Looking a kind up: dlrun's own by their files, those of installed packages, those of modules that are allowed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from importlib import import_module
from typing import Any, TypeVar

from dlrun.registry.allowed import (
    BrokenKind,
    import_allowed,
    import_installed,
    import_own,
    imports,
    is_allowed,
    permit,
    permitted,
)
from dlrun.registry.index import files
from dlrun.registry.installed import entry_points, offered

Kind = TypeVar("Kind", bound=Any)
OPEN = "custom"  # the kind of a group that stands for a user's class; `_target_` chooses it
PLAIN = ("metric", "callback", "loss", "recorder")  # groups whose kinds have no options: any class or function will do
_registered: dict[tuple[str, str], Any] = {}


class UnknownKind(KeyError):
    """No kind of this name in this group."""


def allow(patterns: Iterable[str]) -> None:
    """Permit these modules, and no others, to the command that is being answered.

    Whoever calls this has them from a command line (or a Python call), never from a file.  A command begins here: what
    was imported for an earlier one of this process and has changed since is forgotten, and its kinds with it.
    """
    permit(patterns)
    given = permitted()
    if not (given or any(map(_is_outside, _registered.values()))):
        return
    from dlrun.registry.edited import forget_edited  # a command without code from outside loads it nowhere

    gone = forget_edited({module for module in list(sys.modules) if is_allowed(module, given)} if given else set())
    for key in [key for key, kind in _registered.items() if kind.__module__ in gone]:
        del _registered[key]


def register(group: str, name: str) -> Callable[[Kind], Kind]:
    """Enter a class (or function) as the kind `name` of `group`; ValueError where the name is taken by another.

    A class with options gets the name as its `kind`.  TypeError for what can be no kind of the group.

    >>> @register("metric", "always_one")
    ... class AlwaysOne: ...
    >>> find("metric", "always_one").__name__
    'AlwaysOne'
    """

    def enter(kind: Kind) -> Kind:
        if reason := _unfit(group, name, kind):
            raise TypeError(f"{group}={name}: {reason}")
        before = _registered.get((group, name))
        own = files(group).get(name, kind.__module__)
        if not (kind.__module__ == own or kind.__module__.startswith(f"{own}.")):
            raise ValueError(f"{group}={name} is dlrun's own already, in {own}")
        if before is not None and (before.__module__, before.__qualname__) != (kind.__module__, kind.__qualname__):
            raise ValueError(f"{group}={name} is {before.__module__}.{before.__qualname__} already")
        _enter(group, name, kind)
        if not imports() and _is_outside(kind):
            from dlrun.registry.edited import hold

            hold(kind.__module__)
        return kind

    return enter


def _enter(group: str, name: str, kind: Any) -> None:
    if group not in PLAIN:
        kind.kind = name  # the one place where it is said
    _registered[group, name] = kind
    if _is_outside(kind):
        from dlrun.registry.edited import note

        note(kind.__module__)


def _is_outside(kind: Any) -> bool:
    return str(kind.__module__).partition(".")[0] != "dlrun"


def names(group: str) -> tuple[str, ...]:
    """All names of a group that are known without importing anything, in alphabetical order."""
    return tuple(sorted({*loadable(group), *offered(group)}))


def loadable(group: str) -> tuple[str, ...]:
    """The names of a group whose kinds are dlrun's own or were imported: finding these loads no package."""
    entered = [name for of, name in _registered if of == group]
    return tuple(sorted({*files(group), *entered}))


def open_kind(group: str) -> Any:
    """The kind of a group that stands for a user's class, named by its `_target_`; None where none does."""
    return find(group, OPEN) if OPEN in files(group) else None


def is_known(group: str, name: str) -> bool:
    """Whether a group has a kind of this name; an unknown name lets the modules that are allowed be imported."""
    return name in names(group) or import_allowed() and name in names(group)


def find(group: str, name: str) -> Any:
    """The kind of this name; its file is imported when it is first asked for.  Raises UnknownKind, BrokenKind."""
    kind = _find(group, name)
    if _is_outside(kind):
        from dlrun.registry.edited import stale

        if reason := stale(kind.__module__):
            raise BrokenKind(f"{group}={name}", reason)
    return kind


def _find(group: str, name: str) -> Any:
    if (group, name) not in _registered:
        module = files(group).get(name)
        if module is not None:
            import_module(module)
        elif (group, name) in entry_points():
            _enter(group, name, _installed(group, name))
        elif not import_allowed() or (group, name) not in _registered:
            raise UnknownKind(f"{group}={name}")
    return _registered[group, name]


def _installed(group: str, name: str) -> Any:
    entry, *others = entry_points()[group, name]
    if others:
        packages = ", ".join([entry.package, *(other.package for other in others)])
        raise BrokenKind(f"{group}={name}", f"several packages offer this name: {packages}; uninstall all but one")
    module, _, attribute = entry.value.partition(":")
    try:
        found: Any = import_installed(module, f"{group}={name}", entry.place, entry.project)
        for part in attribute.split("."):
            found = getattr(found, part)
    except BrokenKind as broken:
        raise BrokenKind(broken.given, f"the package {entry.package}: {broken.reason}") from broken
    except AttributeError as error:
        raise BrokenKind(f"{group}={name}", f"the package {entry.package}: {module} has no {attribute}") from error
    if reason := _unfit(group, name, found):
        raise BrokenKind(f"{group}={name}", f"the package {entry.package}: {entry.value}: {reason}")
    return found


def foreign() -> frozenset[tuple[str, str, Any]]:
    """Group, name and kind of all that this process knows besides dlrun's own; equal as long as nothing was added."""
    return frozenset((group, name, kind) for (group, name), kind in _registered.items() if name not in files(group))


def _unfit(group: str, name: str, kind: Any) -> str:
    """Why something cannot be the kind of this name; empty where it can."""
    if group in PLAIN:
        return "" if callable(kind) else "expected a class or a function"
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return "expected a dataclass; @register stands above @dataclass"
    own = vars(kind).get("kind", name)
    return "" if own == name else f"its kind is {own!r}; leave it out, or say the name that it is registered under"


def kinds(group: str) -> dict[str, Any]:
    """All kinds of a group by name, those of packages that were not chosen aside; imports the file of each."""
    return {name: _find(group, name) for name in loadable(group)}


def load(target: str) -> Any:
    """What a dotted name (``module.Class``) of the user's code stands for.  Who calls it has asked for permission."""
    module, _, name = target.rpartition(".")
    return getattr(import_own(module, target), name)
