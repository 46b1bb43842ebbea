"""Whose code a kind is: the part of a run's identity that stands for code from outside dlrun."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from dlrun.registry.installed import entry_points, package_of

Content = Callable[[Path], str]
COPIED = "_copied"  # of a class whose objects begin as one does: that object's class, whose source it has
_seen: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


def code_of(kind: Any, group: str, name: str, content: Content) -> str:
    """What identifies the code of a kind: empty for dlrun's own, ``package 1.2`` where it is installed, else a hash.

    `content` hashes the source file.  A package has a version, and its files may differ from machine to machine; one
    that is installed as editable is developed under one version: its source counts, all of its modules.  Where there
    is no file (a notebook), it is the class's own source.
    """
    if kind.__module__.split(".")[0] == "dlrun":
        return ""
    package = package_of(group, name)
    if package:
        editable = any(entry.project for entry in entry_points()[group, name])
        return _modules(kind.__module__, content) if editable else package
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    if not file:
        return _source_of(kind)
    found = file_identity(Path(file), content)
    return _first(kind, "file", found) if kind.__module__ == "__main__" and found else found


def _modules(module: str, content: Content) -> str:
    """A hash of the names and contents of all modules of the package that `module` belongs to."""
    top = getattr(sys.modules.get(module.partition(".")[0]), "__file__", None)
    file = Path(top or sys.modules[module].__file__ or "")
    if file.name != "__init__.py":
        return content(file)
    files = sorted((each.relative_to(file.parent).as_posix(), each) for each in file.parent.rglob("*.py"))
    return hashlib.sha256("".join(f"{name}\0{content(each)}\0" for name, each in files).encode()).hexdigest()


def running_code(target: str) -> str | None:
    """What identifies ``__main__.Class``, a class of the script or notebook that is running; None for other targets."""
    module, _, name = str(target).rpartition(".")
    made = getattr(sys.modules.get(module), name, None) if module == "__main__" else None
    return None if made is None else _source_of(made)


def _source_of(made: Any) -> str:
    from dlrun.registry.class_source import class_source

    return _first(made, "source", hashlib.sha256(class_source(made).encode()).hexdigest())


def _first(made: Any, what: str, found: str) -> str:
    """What was found for a class or function at first: a script may be edited while it runs, and goes on as it was."""
    original = getattr(made, "__dict__", {}).get(COPIED, made)
    try:
        return _seen.setdefault(original, {}).setdefault(what, found)
    except TypeError:  # an object that no weak reference can be to, or without a hash
        return found


def file_identity(file: Path, content: Content) -> str:
    """``package 1.2`` for a file of an installed package, else its hash."""
    return "site-packages" in file.parts and _package_of(file) or content(file)


def _package_of(file: Path) -> str:
    """The installed package that lists the file in its RECORD, as ``name version``; empty where none does."""
    site = Path(*file.parts[:len(file.parts) - file.parts[::-1].index("site-packages")])
    listed = f"{file.relative_to(site).as_posix()},"
    for record in sorted(site.glob("*.dist-info/RECORD")):
        with record.open(encoding="utf-8", errors="replace") as lines:
            if any(line.startswith(listed) for line in lines):
                return " ".join(record.parent.name.removesuffix(".dist-info").split("-", 1))
    return ""


def module_file(module: str) -> Path | None:
    """The file of a module, found without running it; the working folder is looked at first."""
    parts = module.split(".")
    for folder in [Path.cwd(), *map(Path, sys.path)]:
        for file in (folder.joinpath(*parts).with_suffix(".py"), folder.joinpath(*parts, "__init__.py")):
            if file.is_file():
                return file
    return None
