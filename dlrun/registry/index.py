"""Which file a kind of dlrun's own stands in: a folder for each group, in it a file (or folder) for each kind."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
FOLDERS: dict[str, str] = {  # group -> folder below the package
    "launcher": "sweep/execute/launchers",
    "metric": "metrics",
    "dataset": "data/sets",
    "augment": "data/augmentations",
    "task": "tasks",
    "optimizer": "engine/optimizers",
    "schedule": "engine/schedules",
    "early_stop": "engine/stopping",
    "callback": "engine/callbacks",
    "recorder": "record/recorders",
    "verb": "cli/verbs",
    "base": "models/bases",
    "layer": "models/layers",
    "model": "models/families",
    "method": "inspection/methods",
}


@cache
def files(group: str) -> dict[str, str]:
    """The modules of a group's kinds, by the kinds' names, from the names of files; nothing is imported.

    Names that begin with ``_`` or end with ``_module`` are what the kinds are built from, and no kinds.
    """
    if group not in FOLDERS:
        return {}
    folder = _PACKAGE / FOLDERS[group]
    package = ".".join(["dlrun", *Path(FOLDERS[group]).parts])
    found = {}
    for path in sorted(folder.iterdir()):
        name = path.stem
        if not name.startswith("_") and not name.endswith("_module") and (
                path.suffix == ".py" or (path / "__init__.py").is_file()):
            found[name] = f"{package}.{name}"
    return found


@cache
def saying(group: str, attribute: str, value: str) -> tuple[str, ...]:
    """The kinds of dlrun's own in whose file a line says ``attribute = "value"``; nothing is imported."""
    line = f'\n    {attribute} = "{value}"\n'
    return tuple(name for name in files(group) if line in path_of(group, name).read_text(encoding="utf-8"))


def path_of(group: str, name: str) -> Path:
    """The file of a kind of dlrun's own: ``<name>.py``, or the ``__init__.py`` of its folder."""
    folder = _PACKAGE / FOLDERS[group]
    return folder / name / "__init__.py" if (folder / name).is_dir() else folder / f"{name}.py"
