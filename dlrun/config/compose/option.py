"""What an option says: its YAML file as a mapping, or what the file of a registered kind without one would say."""

from __future__ import annotations

from typing import Any

from dlrun.config.compose.catalog import is_kind_option, option_files
from dlrun.config.compose.yaml_file import read_yaml
from dlrun.registry import find


def option_values(group: str, option: str) -> dict[str, Any]:
    """The mapping of an option that is there; ConfigError for a file that is not readable."""
    if is_kind_option(group, option):
        return kind_values(group, option)
    return read_yaml(option_files(group)[option])


def kind_values(group: str, kind: str) -> dict[str, Any]:
    """``{kind: gan}``, and the kind's `suggests` (values of root keys that suit it) as `root`."""
    suggested = find(group, kind).suggests
    return {"kind": kind, **({"root": dict(suggested)} if suggested else {})}
