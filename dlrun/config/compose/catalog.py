"""What can be chosen: the options of each group and the experiments, with their one sentence.  Knows no Hydra.

An option is a YAML file, or a registered kind that needs none: what such a file would say (``kind: mnist``) and its
sentence come from the registry.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dlrun.config.places import config_dirs, experiment_dirs, packaged
from dlrun.config.schema.root import GROUPS
from dlrun.registry import OPEN, names

UNLISTED = ("memory",)  # kinds that a program chooses, not a person


def option_files(group: str) -> dict[str, Path]:
    """The files of a group's options by name.

    ``experiment`` is looked for in its own folders, subfolders too; ``experiment/gulli`` is such a subfolder.
    """
    top, _, below = group.partition("/")
    if top == "experiment":
        folders = [folder / below for folder in experiment_dirs()]
        pairs = [(name, folder / f"{name}.yaml") for folder in folders for name in _below(folder)]
    else:
        folders = [folder / group for folder in config_dirs()]
        pairs = [(file.stem, file) for folder in folders if folder.is_dir()
                 for file in sorted(folder.glob("*.yaml")) if file.is_file()]
    found: dict[str, Path] = {}
    for name, file in pairs:
        found.setdefault(name, file)
    return found


def _below(folder: Path) -> list[str]:
    """The names of the YAML files in a folder and its subfolders.

    There are hundreds, and each choice of an experiment asks: `Path.rglob` takes 20 ms, looking at each file 10.
    """
    return sorted(_yaml_files(str(folder), ""), key=lambda name: name.split(os.sep))


def _yaml_files(folder: str, prefix: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # not there, or not to be read
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _yaml_files(entry.path, f"{prefix}{entry.name}{os.sep}")
        elif entry.name.endswith(".yaml") and entry.is_file():
            yield prefix + entry.name.removesuffix(".yaml")


def kind_options(group: str) -> list[str]:
    """The registered kinds of a group that are options without a file; nothing is imported.

    A kind of its group's own name (``augment``) is chosen by its presets only.
    """
    return [name for name in names(group) if is_kind_option(group, name) and name not in UNLISTED]


def is_kind_option(group: str, name: str) -> bool:
    """Whether an option of dlrun's own is a registered kind, and no file."""
    return group in GROUPS and name not in (group, OPEN) and name in names(group) and not (
        packaged("configs") / group / f"{name}.yaml").is_file()


def options(group: str) -> list[str]:
    """The names that can be chosen in a group, in alphabetical order."""
    return sorted({*option_files(group), *kind_options(group)})


def is_group(key: str) -> bool:
    """A group of dlrun's, or one that a user's config folder adds."""
    return key in (*GROUPS, "experiment") or bool(key) and any((folder / key).is_dir() for folder in config_dirs())


def sentences(group: str) -> dict[str, str]:
    """The options of a group with their one sentence: a file's first comment, or the first line of a docstring."""
    found = {option: sentence(file) for option, file in option_files(group).items()}
    from dlrun.registry.sentences import sentence as kind_sentence

    for kind in kind_options(group):
        found[kind] = kind_sentence(group, kind)
    return dict(sorted(found.items()))


def sentence(file: Path) -> str:
    """The first comment of a YAML file, header lines (``# @package``) aside."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            text = line.strip()
            if text.startswith("#") and not text.startswith("# @"):
                return text.lstrip("# ").strip()
            if text and not text.startswith("#"):
                break
    return ""
