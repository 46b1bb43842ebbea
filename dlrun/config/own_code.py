"""Which files of a user's own a run's code comes from, and which of them are others today."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.content import content_hash
from dlrun.registry.sources import file_identity, module_file

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config


OWN_CODE = "own_code"  # of provenance.json


def own_code(config: Config) -> dict[str, str]:
    """The modules whose source is part of the run's id, each with the hash of its file.

    An installed package has a version instead, a notebook no file: neither is among them.
    """
    from dlrun.config.identity import essence
    from dlrun.config.schema.groups import of_target
    from dlrun.config.schema.root import GROUPS

    found: dict[str, str] = {}

    def note(path: Path) -> str:
        if path.suffix == ".py" and (name := _module(path)):
            found[name] = content_hash(path)
        return ""  # files of data are not read again

    essence(config, content=note)
    for value in (getattr(config, group) for group in GROUPS):
        if of_target(value) and (file := module_file(value.target.rpartition(".")[0])):
            file_identity(file, note)
    return found


def _module(file: Path) -> str:
    """The name by which `module_file` finds a file; empty for one that is no module here."""
    for folder in (Path.cwd(), *map(Path, sys.path)):
        if file.is_relative_to(folder):
            parts = file.relative_to(folder).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if module_file(name) == file:
                return name
    return ""


def changed_modules(provenance: Mapping[str, Any]) -> list[str]:
    """The files of `own_code`, as a run has kept it, that have other content today; one that is not found is none."""
    stored = provenance.get(OWN_CODE)
    if not isinstance(stored, Mapping):
        return []
    files = {name: module_file(str(name)) for name in stored}
    return [file.name for name, file in files.items() if file is not None and content_hash(file) != stored[name]]
