"""Which files of a user's own a run's code comes from, and which of them are others today."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun import registry
from dlrun.config.content import content_hash
from dlrun.config.places import data_dir, user_file
from dlrun.registry.index import files
from dlrun.registry.sources import code_of, file_identity, module_file

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config


OWN_CODE = "own_code"  # of provenance.json


def own_code(config: Config) -> dict[str, str]:
    """The modules whose source is part of the run's id, each with the hash of its file.

    An installed package has a version instead, a notebook no file: neither is among them, nor is a text that a model
    learns, which may be a program.
    """
    from dlrun.config.identity import essence
    from dlrun.config.schema.fields import named_file
    from dlrun.config.schema.groups import of_target
    from dlrun.config.schema.root import GROUPS

    found: dict[str, str] = {}
    text = user_file(named_file(type(config.dataset), vars(config.dataset)), data_dir(config.data_dir))

    def note(path: Path) -> str:
        if path.suffix == ".py" and path != text and (name := _module(path)):
            found[name] = content_hash(path)
        return ""  # files of data are not read again

    essence(config, content=note)
    for value in (getattr(config, group) for group in GROUPS):
        if of_target(value) and (file := module_file(value.target.rpartition(".")[0])):
            file_identity(file, note)
    return found


def metric_code(name: str) -> str:
    """What identifies the code of a metric from outside; empty for dlrun's own, torchmetrics', and one that is unknown.
    """
    if name in files("metric"):
        return ""
    try:
        return code_of(registry.find("metric", name), "metric", name, content_hash)
    except (registry.UnknownKind, registry.BrokenKind, OSError):
        return ""


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
    """The files of `own_code`, as a run has kept it, that have other content today; one that cannot be read is none."""
    stored = provenance.get(OWN_CODE)
    return [file for name, then in stored.items() if (file := _changed(str(name), then))] if isinstance(
        stored, Mapping) else []


def _changed(module: str, then: Any) -> str:
    try:
        file = module_file(module)
        return file.name if file is not None and content_hash(file) != then else ""
    except OSError:  # names in a folder from elsewhere may be too long for a file's
        return ""
