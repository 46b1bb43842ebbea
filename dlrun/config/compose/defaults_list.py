"""A file's `defaults:` list, checked before Hydra takes it (it would stop at the first mistake, without a line)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlrun.config.compose.catalog import is_group, options
from dlrun.config.compose.yaml_file import place
from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.root import GROUPS
from dlrun.registry import OPEN, is_known

SUGGESTERS = ("dataset", "model", "task")  # last in config.yaml's list; what Hydra meets first, from the end, wins
_FORM = "expected a list, as in  - override /model: dense"


def check_defaults(path: Path, name: str, entries: Any) -> list[Problem]:
    """What is wrong with the defaults list of the file `path`, which is chosen as `name` (``experiment/x``)."""
    if not isinstance(entries, list):
        return [Problem(f"defaults={entries}", _FORM, place(path, ["defaults"]))]
    return [Problem(given, expected, place(path, ["defaults", number]))
            for number, entry in enumerate(entries) for given, expected in _entry(name, entry)]


def check_suggested(path: Path, group: str, root: dict[str, Any]) -> list[Problem]:
    """What is wrong with the options of other groups in the ``root:`` of a file of `group`."""
    found = []
    later = SUGGESTERS[SUGGESTERS.index(group):] if group in SUGGESTERS else GROUPS
    for key, choice in root.items():
        if key not in GROUPS:
            continue
        given, where = f"root.{key}={choice}", place(path, ["root", key])
        if key in later:
            found.append(Problem(given, f"a file of {group} chooses no option of {key}", where))
        elif not isinstance(choice, str):
            found.append(Problem(given, f"expected one option of {key}: {', '.join(options(key))}", where))
        else:
            found += [Problem(given, expected, where) for _, expected in _option(key, choice, "", given)]
    return found


def _entry(name: str, entry: Any) -> Iterator[tuple[str, str]]:
    here, _, own = name.rpartition("/")
    if isinstance(entry, str):
        if entry == "_self_" or "${" in entry:
            return
        if here.startswith("experiment/") and not entry.startswith("/"):
            # Hydra would look below experiment/ or beside the file, as the file was chosen or taken in itself.
            yield f"- {entry}", f"another experiment is taken in by its whole name:  - /{here}/{entry.split('/')[-1]}"
            return
        group, _, option = entry.rpartition("/") if entry.startswith("/") else (f"/{here}", "", entry)
        yield from _option(group.lstrip("/"), option, own if group == f"/{here}" else "", f"- {entry}")
        return
    if not isinstance(entry, dict) or len(entry) != 1:
        yield f"- {entry}", _FORM
        return
    (head, option), = entry.items()
    given, parts = f"- {head}: {option}", str(head).split()
    group = parts[-1].split("@")[0]
    if "optional" in parts or "${" in f"{head}{option}" or group.lstrip("/").startswith("hydra/"):
        return
    if not group.startswith("/") and here and (group in (*GROUPS, "experiment")):
        yield given, f"groups are named from the top:  - override /{group}: {option}"
        return
    group = group.lstrip("/") if group.startswith("/") or not here else f"{here}/{group}"
    if group == "experiment":  # to Hydra this is the key that the command line has set, so the file would name itself
        yield given, f"another experiment is taken in by its whole name:  - /experiment/{option}"
        return
    if not is_group(group):
        yield given, f"no such group{did_you_mean(group, GROUPS)}"
        return
    if group in GROUPS and "override" not in parts:
        yield given, f"every run has a {group}; this one is chosen by  - override /{group}: {option}"
        return
    for one in option if isinstance(option, list) else [option]:
        if one is not None:
            yield from _option(group, str(one), "", given)


def _option(group: str, option: str, own: str, given: str) -> Iterator[tuple[str, str]]:
    known = options(group)
    option = option.removesuffix(".yaml")
    if option == own:
        yield given, "the file names itself"
    elif option not in known and not (group in GROUPS and option != OPEN and is_known(group, option)):
        near = did_you_mean(option, known)
        yours = "; a kind of a module of yours needs  allow=MODULE  on the command line" if group in GROUPS else ""
        yield given, f"no such {group}{near or '; there are: ' + ', '.join(known) + yours}"
