"""What can be chosen: the options of each group and the experiments, with their one sentence.  Knows no Hydra."""

from __future__ import annotations

from pathlib import Path

from dlrun.config.places import config_dirs, experiment_dirs
from dlrun.config.schema.root import GROUPS


def option_files(group: str) -> dict[str, Path]:
    """The files of a group's options by name.

    ``experiment`` is looked for in its own folders, subfolders too; ``experiment/gulli`` is such a subfolder.
    """
    top, _, below = group.partition("/")
    if top == "experiment":
        folders = [folder / below for folder in experiment_dirs()]
        pairs = [(str(file.relative_to(folder).with_suffix("")), file)
                 for folder in folders for file in sorted(folder.rglob("*.yaml"))]
    else:
        folders = [folder / group for folder in config_dirs()]
        pairs = [(file.stem, file) for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.yaml"))]
    found: dict[str, Path] = {}
    for name, file in pairs:
        found.setdefault(name, file)
    return found


def options(group: str) -> list[str]:
    return sorted(option_files(group))


def is_group(key: str) -> bool:
    """A group of dlrun's, or one that a user's config folder adds."""
    return key in (*GROUPS, "experiment") or bool(key) and any((folder / key).is_dir() for folder in config_dirs())


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
