"""A YAML file as a mapping; what is wrong with it is a problem that names file and line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from dlrun.config.places import packaged
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.regular_file import read_regular

LONGEST = 1_000_000  # characters of a file
DEEPEST = 200  # brackets that are open at once
MOST = 100_000  # values of a file that has aliases, each counted as often as it is named


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
        text = read_regular(path).decode("utf-8")
        loader = _loader(path)
        if too_much := excess(text, loader):
            return Problem(path_text(path), f"not readable as YAML: {too_much}")
        values = _load(text, loader, _is_packaged(path))
    except OSError as error:
        return Problem(path_text(path), f"can't be read: {error.strerror or error}")
    except RecursionError:
        return Problem(path_text(path), "not readable as YAML: it is nested too deeply")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        return Problem(f"{path_text(path)}{line}", f"not readable as YAML: {_reason(error)}")
    except (yaml.YAMLError, ValueError) as error:  # ValueError: bytes that are not UTF-8, a date in month 13
        return Problem(path_text(path), f"not readable as YAML: {str(error).splitlines()[0]}")
    if values is None:
        return {}
    if not isinstance(values, dict):
        return Problem(f"{path_text(path)}:1", "expected a mapping (key: value) at the top of the file")
    nameless = [key for key in values if not isinstance(key, (str, int, float))]
    if nameless:
        return Problem(f"{path_text(path)}:{line_of(path, ['null']) or 1}", "expected a key before the colon")
    return {str(key): value for key, value in values.items()}


def _is_packaged(path: Path) -> bool:
    return any(path.is_relative_to(packaged(folder)) for folder in ("configs", "experiments"))


@cache
def _omegaconfs() -> Any:
    from omegaconf._utils import get_yaml_loader

    return get_yaml_loader()


def _loader(path: Path) -> Any:
    """OmegaConf's loader, but for dlrun's own options, which both read alike (a test compares them)."""
    return yaml.SafeLoader if path.is_relative_to(packaged("configs")) else _omegaconfs()


def _load(text: str, loader: Any, packaged: bool) -> Any:
    """What a text says.  dlrun's own files, of which there are hundreds, are parsed by libyaml where it is at hand.

    It is ten times as fast, and reads these files alike (a test compares them), but accepts tabs and signs that
    PyYAML's own parser does not: so a user's file is read as Hydra reads it, and what is broken is told in its words.
    """
    if packaged and yaml.__with_libyaml__:
        try:
            return yaml.load(text, Loader=_by_libyaml(loader))
        except yaml.YAMLError:
            pass
    return yaml.load(text, Loader=loader)


@cache
def _by_libyaml(loader: Any) -> Any:
    """A loader with another parser: what it makes of the nodes stays."""
    from yaml.cyaml import CParser

    def begin(self: Any, stream: str) -> None:
        CParser.__init__(self, stream)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)

    return type("Loader", (CParser, loader), {"__init__": begin})


def excess(text: str, loader: Any) -> str:
    """Why a file is not loaded at all: aliases (``*name``) that stand for too many values, or for themselves.

    An alias costs nothing until its values are copied: nine lines that each name the one before nine times are 400
    million values.  So they are counted before.
    """
    if len(text) > LONGEST:
        return f"it has {len(text):,} characters; at most {LONGEST:,} are read"
    if max(accumulate((sign in "[{") - (sign in "]}") for sign in text if sign in "[]{}"), default=0) > DEEPEST:
        return "it is nested too deeply"  # YAML's reader takes the square of the depth
    if "*" not in text:  # without aliases there are no more values than characters
        return ""
    counts: dict[int, int] = {}

    def count(node: yaml.Node) -> int:
        if id(node) not in counts:
            counts[id(node)] = MOST + 1  # what is met within itself has no end
            inner = [part for entry in node.value for part in (entry if isinstance(entry, tuple) else (entry,))] \
                if isinstance(node, yaml.CollectionNode) else []
            counts[id(node)] = 1 + sum(map(count, inner))
        return counts[id(node)]

    root = yaml.compose(text, Loader=loader)
    if root is not None and count(root) > MOST:
        return f"its aliases stand for more than {MOST:,} values"
    return ""


def _reason(error: yaml.MarkedYAMLError) -> str:
    reason = error.problem or error.context or "broken"
    return "a tab; YAML is indented with blanks" if "'\\t'" in reason else reason


def path_text(path: Path) -> str:
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
    node: Any = yaml.compose(read_regular(path).decode("utf-8"), Loader=yaml.SafeLoader)
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
    return f"{path_text(path)}:{line}" if line else path_text(path)
