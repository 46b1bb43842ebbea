"""The user's modules whose code a command may run: ``allow=mymodule`` or, with all below it, ``allow=pkg.*``.

A module is imported when a name is met that nobody knows: then the kinds that it registers are known too.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType
from typing import Any

_patterns: list[str] = []
_importing: list[str] = []  # what dlrun is about to import, the innermost last
_appended: list[str] = []  # the working folder at the end of sys.path, where an import of dlrun's has left it


class BrokenKind(Exception):
    """Code from outside dlrun that cannot be used: what was chosen, and why it cannot be used."""

    def __init__(self, given: str, reason: str):
        self.given, self.reason = given, reason
        super().__init__(f"{given}: {reason}")


def permit(patterns: Iterable[str]) -> None:
    """Permit these modules, and no others; `lookup.allow` is who calls this."""
    _patterns[:] = patterns


def permitted() -> tuple[str, ...]:
    """The modules that the command being answered has allowed."""
    return tuple(_patterns)


def is_allowed(module: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern names this very module, or (with ``.*``) one that it lies below.

    >>> is_allowed("pkg.nets", ["pkg"]), is_allowed("pkg.nets", ["pkg.*"]), is_allowed("pkg", ["pkg.*"])
    (False, True, True)
    """
    return any(module == pattern.removesuffix(".*") or pattern.endswith(".*") and module.startswith(pattern[:-1])
               for pattern in patterns)


def import_allowed() -> bool:
    """Import the modules that are allowed and not imported yet; whether there were any.  Raises BrokenKind."""
    new = [name for pattern in _patterns if (name := pattern.removesuffix(".*")) not in sys.modules]
    for name in new:
        import_own(name, f"allow={name}")
    return bool(new)


def import_own(module: str, given: str) -> object:
    """Import a module from outside, the working folder included; raises BrokenKind, with file and line.

    `given` is what the user typed that asked for it.
    """
    with _working_folder_first(), _from_source(module):
        return _import(module, given)


def import_installed(module: str, given: str, place: str, project: str = "") -> object:
    """Import a module of a package that is installed in `place`; raises BrokenKind, with file and line.

    The working folder is no place to look, since what lies there needs no installation and nobody has allowed it; but
    for the `project` of an editable install, whose modules are compiled from their source.
    """
    before, here = list(sys.path), ("", os.getcwd())
    sys.path[:] = [path for path in before if path not in here or path == place or _is_below(path, project)]
    try:
        with _from_source(module) if project else nullcontext():
            return _import(module, given)
    finally:
        new = [path for path in sys.path if path not in before]
        sys.path[:] = [*before, *new]


def _is_below(path: str, project: str) -> bool:
    """Whether a folder of sys.path is the project's, or lies in it (``src``)."""
    base = os.path.realpath(project)
    return bool(path and project) and (os.path.realpath(path) + os.sep).startswith(base + os.sep)


def imports() -> bool:
    """Whether dlrun is importing a module from outside."""
    return bool(_importing)


def _import(module: str, given: str) -> object:
    _importing.append(module)
    try:
        return import_module(module)
    except (Exception, SystemExit) as error:  # code that is not ours may do anything; only this choice fails
        if isinstance(error, ModuleNotFoundError) and (error.name or "") in (module, module.split(".")[0]):
            raise BrokenKind(given, f"there is no module {module} here or on PYTHONPATH") from error
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename
                  and os.path.dirname(frame.filename) != os.path.dirname(__file__)]
        where = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
        raise BrokenKind(given, f"importing {module} failed: {type(error).__name__}: {error}{where}") from error
    finally:
        _importing.pop()


class _Source(SourceFileLoader):
    """Runs a module's source as it stands.

    Python takes bytecode for current when the source has its size and second, also where it was changed within that
    second; a run's id has the hash of the source, so that very text has to be what runs.
    """

    def get_code(self, fullname: str) -> CodeType:
        from dlrun.registry.edited import note

        source = self.get_data(self.path)
        note(fullname, source)
        code: CodeType = self.source_to_code(source, self.path)
        return code


@contextmanager
def _from_source(module: str) -> Iterator[None]:
    """Meanwhile modules of the working folder, and those of `module`'s package, are compiled from their source."""
    import dlrun.registry.edited  # noqa: F401  which get_code needs, also for dlrun's files in the working folder

    own, here = module.partition(".")[0], os.getcwd() + os.sep

    class Finder:
        @staticmethod
        def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
            spec = PathFinder.find_spec(name, path, target)
            origin = spec.origin or "" if spec is not None else ""
            if spec is not None and type(spec.loader) is SourceFileLoader and (
                    name.partition(".")[0] == own or origin.startswith(here) and "site-packages" not in origin):
                spec.loader = _Source(name, origin)
            return spec

    sys.meta_path.insert(0, Finder)
    try:
        yield
    finally:
        sys.meta_path.remove(Finder)


@contextmanager
def _working_folder_first() -> Iterator[None]:
    """For the import alone the working folder is looked at first, as `sources.module_file` does.

    Afterwards it is the last place of sys.path: functions of the module may import their neighbours when they run, and
    no file there stands in for a module of Python's or of a package.  Only the latest one stays in a long process.
    """
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        yield
    finally:
        if here in sys.path:  # code of the module may have changed the list
            sys.path.remove(here)
        for before in _appended:
            if before in sys.path:
                sys.path.remove(before)
        _appended.clear()
        if here not in sys.path and "" not in sys.path:
            sys.path.append(here)
            _appended.append(here)
