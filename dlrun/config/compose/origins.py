"""Where each value came from: the file (and line), the command line, or the schema's default."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlrun.config.compose.catalog import is_group, is_kind_option, option_files
from dlrun.config.compose.option import kind_values
from dlrun.config.compose.plain import plain_keys_and_files
from dlrun.config.compose.yaml_file import path_text, place, read_yaml
from dlrun.config.flat import flatten
from dlrun.config.places import config_dirs
from dlrun.config.schema.root import GROUPS

COMMAND_LINE = "command line"
DEFAULT = "default"


class Origins:
    """The origin of every key of one composition, found by reading its files again, in their order.

    `overrides` are those that were composed; made only when something has to be explained.
    """

    def __init__(self, overrides: Sequence[str]):
        self._files: dict[str, tuple[Path, str]] = {}
        self._suggested: dict[str, str] = {}  # keys that a kind without a file suggests, and the option: "model=gan"
        keys, files = plain_keys_and_files(overrides) or _by_hydra(overrides)
        self._overrides = {key for key in keys if not is_group(key)}
        for config_path, package in files:
            group, _, option = config_path.rpartition("/")
            if is_kind_option(group, option):
                suggested = kind_values(group, option).get("root", {})
                self._suggested.update(dict.fromkeys(suggested, f"{group}={option}"))
                continue
            path = _file(config_path)
            if path is None:
                continue
            package = package.strip(".")
            if group in GROUPS:
                package = group
            elif package == "_global_" or config_path.startswith("experiment/"):
                package = ""
            body = {key: value for key, value in read_yaml(path).items() if key != "defaults"}
            for key in flatten(body):
                if package and key.startswith("root."):  # a root key of a group's file
                    self._files[key.removeprefix("root.")] = (path, key)
                else:
                    self._files[f"{package}.{key}" if package else key] = (path, key)

    def of(self, key: str) -> str:
        """``command line``, ``configs/model/lenet.yaml`` or ``default``."""
        if self._is_word(key):
            return COMMAND_LINE
        found = self._find(key)
        return path_text(found[0]) if found else self._suggested.get(key, DEFAULT)

    def place(self, key: str) -> str:
        """``experiments/x.yaml:12`` for a value that a file brought (``model=gan`` for one that this option suggests),
        empty for one that was typed."""
        found = self._find(key)
        if self._is_word(key) or (key in GROUPS and key not in self._files):
            return ""
        if found is None:
            return self._suggested.get(key, "")
        path, inner = found
        return place(path, inner.split("."))

    def _is_word(self, key: str) -> bool:
        return any(key == override or key.startswith(override + ".") for override in self._overrides)

    def _find(self, key: str) -> tuple[Path, str] | None:
        if key in self._files:
            return self._files[key]
        for known, found in reversed(self._files.items()):
            if known.startswith(key + "."):
                return found
        parent = key.rpartition(".")[0]
        return self._find(parent) if parent and "." in parent else None


def _by_hydra(overrides: Sequence[str]) -> tuple[set[str], list[tuple[str, str]]]:
    from dlrun.config.compose.hydra_defaults import keys_and_files

    return keys_and_files(overrides)


def _file(config_path: str) -> Path | None:
    group, _, name = config_path.rpartition("/")
    if config_path == "config":
        return config_dirs()[0] / "config.yaml"
    if config_path.startswith("experiment/"):
        return option_files("experiment").get(config_path.partition("/")[2])
    return option_files(group).get(name) if group and not group.startswith("hydra") else None

