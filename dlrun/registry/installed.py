"""Kinds of installed packages: their entry points in the group ``dlrun.kinds``, read without importing anything.

In the package's pyproject.toml a line for each kind, ``group.name = "module:Class"``:

    [project.entry-points."dlrun.kinds"]
    "optimizer.lion" = "lion_for_dlrun:Lion"

The package is imported when a kind of it is chosen.  It was installed on purpose, so it needs no ``allow=``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from dlrun.registry.index import files

GROUP = "dlrun.kinds"


@dataclass(frozen=True)
class EntryPoint:
    """A kind that a package offers: ``optimizer``, ``lion``, ``lion_for_dlrun:Lion``, ``lion_for_dlrun 1.2``.

    `place` is the folder that the package is installed in, `project` that of the sources of an editable install.
    """

    group: str
    name: str
    value: str
    package: str
    place: str
    project: str = ""


@cache
def entry_points() -> dict[tuple[str, str], tuple[EntryPoint, ...]]:
    """All entry points by group and name; more than one where packages offer the same name.

    Read from the ``*.dist-info`` folders themselves: importing importlib.metadata alone takes longer than `dlrun list`
    may take.  What is not of the form ``group.name = module:Class`` is left out.
    """
    found: dict[tuple[str, str], list[EntryPoint]] = {}
    for package, place, text, project in _distributions():
        for entry in _parse(package, place, text, project):
            found.setdefault((entry.group, entry.name), []).append(entry)
    return {key: tuple(dict.fromkeys(entries)) for key, entries in found.items()}


def offered(group: str) -> list[str]:
    """The names that packages add to a group; a name of dlrun's own stays dlrun's."""
    return [name for of, name in entry_points() if of == group and name not in files(group)]


def sentence_of(group: str, name: str) -> str:
    """The first line of the docstring of a package's kind, and the package; nothing is imported."""
    package = package_of(group, name)
    entries = entry_points().get((group, name), ())
    found = ""
    if len(entries) == 1:
        from dlrun.registry.docstrings import first_line  # only where there is a package

        module, _, attribute = entries[0].value.partition(":")
        places = [entries[0].place, *sys.path]  # of an editable install the modules lie elsewhere
        found = next(filter(None, (first_line(place, module, attribute) for place in places)), "")
    return f"{found} ({package})" if found else f"(of the package {package})"


def package_of(group: str, name: str) -> str:
    """The package, with its version, that a kind comes from; empty for dlrun's own."""
    entries = entry_points().get((group, name), ())
    return "" if name in files(group) else ", ".join(entry.package for entry in entries)


def conflicts() -> list[str]:
    """A sentence for each name that is refused because it is taken."""
    found = []
    for (group, name), entries in sorted(entry_points().items()):
        packages = " and ".join(entry.package for entry in entries)
        if name in files(group):
            found.append(f"{group}={name} of {packages} is not used: dlrun has a {group} of this name")
        elif len(entries) > 1:
            found.append(f"{group}={name} is offered by {packages}; it cannot be chosen while both are installed")
    return found


def _distributions() -> Iterator[tuple[str, str, str, str]]:
    """Each installed package that has entry points for dlrun, with the fields of `EntryPoint`, and entry_points.txt.

    What lies in the working folder was not installed: somebody may have sent it.
    """
    seen = set()
    for place in sys.path:
        if place in ("", os.getcwd()):
            continue
        try:
            folders = [entry for entry in os.scandir(place) if entry.name.endswith(".dist-info")]
        except OSError:
            continue
        for folder in sorted(folders, key=lambda entry: entry.name):
            package = " ".join(folder.name.removesuffix(".dist-info").split("-", 1))
            try:
                with open(os.path.join(folder.path, "entry_points.txt"), encoding="utf-8") as stream:
                    text = stream.read()
            except (OSError, UnicodeDecodeError):
                continue
            name = package.split(" ")[0]
            if GROUP in text and name not in seen:  # the first on the path is the one that Python imports
                seen.add(name)
                yield package, place, text, _project(folder.path)


def _project(info: str) -> str:
    """The folder of the sources of an editable install, by its direct_url.json (PEP 610); empty for others."""
    try:
        with open(os.path.join(info, "direct_url.json"), encoding="utf-8") as stream:
            text = stream.read()
    except (OSError, UnicodeDecodeError):
        return ""
    import json  # few packages come from a folder
    from urllib.parse import unquote, urlsplit

    try:
        found = json.loads(text)
        editable = found["dir_info"]["editable"] is True
    except (ValueError, KeyError, TypeError):
        return ""
    return unquote(urlsplit(str(found.get("url", ""))).path) if editable else ""


def _parse(package: str, place: str, text: str, project: str) -> Iterator[EntryPoint]:
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == GROUP and "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            group, dot, name = key.strip().partition(".")
            if dot and name and ":" in value:
                yield EntryPoint(group, name, value.strip(), package, place, project)
