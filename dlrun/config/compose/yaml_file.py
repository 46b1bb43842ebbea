"""A YAML file as a mapping; what is wrong with it is a problem that names file and line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dlrun.config.places import packaged
from dlrun.config.problem import ConfigError, Problem


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file, which is parsed once; a broken one raises ConfigError."""
    stat = path.stat()
    found = _read(path.resolve(), Path.cwd(), stat.st_mtime_ns, stat.st_size)
    if isinstance(found, Problem):
        raise ConfigError([found])
    return dict(found)


@lru_cache(maxsize=512)
def _read(path: Path, here: Path, changed: int, size: int) -> dict[str, Any] | Problem:
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_loader(path))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        return Problem(f"{shown(path)}{line}", f"not readable as YAML: {_reason(error)}")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return Problem(shown(path), f"not readable as YAML: {str(error).splitlines()[0]}")
    if values is None:
        return {}
    if not isinstance(values, dict):
        return Problem(f"{shown(path)}:1", "expected a mapping (key: value) at the top of the file")
    nameless = [key for key in values if not isinstance(key, (str, int, float))]
    if nameless:
        return Problem(f"{shown(path)}:{line_of(path, ['null']) or 1}", "expected a key before the colon")
    return {str(key): value for key, value in values.items()}


def _loader(path: Path) -> Any:
    """OmegaConf's loader, but for dlrun's own options, which both read alike (a test compares them)."""
    if path.is_relative_to(packaged("configs")):
        return yaml.SafeLoader
    from omegaconf._utils import get_yaml_loader

    return get_yaml_loader()


def _reason(error: yaml.MarkedYAMLError) -> str:
    reason = error.problem or error.context or "broken"
    return "a tab; YAML is indented with blanks" if "'\\t'" in reason else reason


def shown(path: Path) -> str:
    """A file as a person names it: relative to the working folder where it lies below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        parts = path.resolve().parts
        for folder in ("configs", "experiments"):  # dlrun's own: the part that a reader knows
            if folder in parts:
                return "/".join(parts[len(parts) - parts[::-1].index(folder) - 1:])
        return str(path)


def line_of(path: Path, keys: Sequence[str | int]) -> int | None:
    """The line on which the value at `keys` (names, or places in a list) begins, as far as they are there."""
    node: Any = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    line, rest = None, list(keys)
    while rest:
        key = rest.pop(0)
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
            continue
        entries = {e[0].value: e for e in node.value} if isinstance(node, yaml.MappingNode) else {}
        while key not in entries and rest:  # a key with dots in it (``optimizer.lr: [...]``) is one entry
            key = f"{key}.{rest.pop(0)}"
        if key not in entries:
            break
        line, node = entries[key][0].start_mark.line + 1, entries[key][1]
    return line


def place(path: Path, keys: Sequence[str | int]) -> str:
    """``configs/model/mine.yaml:3``."""
    line = line_of(path, keys)
    return f"{shown(path)}:{line}" if line else shown(path)
