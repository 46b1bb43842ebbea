"""How Hydra finds dlrun's YAML: sources that fill in the schema's defaults while a file is read.

So a group file says only what differs, and yet ``--cfg job``, completion and overrides know every key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf
from omegaconf._utils import get_yaml_loader

from dlrun.config.fields import defaults
from dlrun.config.places import config_dirs, experiment_dirs
from dlrun.config.problem import problem
from dlrun.config.root import GROUPS, Root
from dlrun.config.schema import filled


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; a broken file is a problem that names file and line."""
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=get_yaml_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise problem(f"{shown(path)}{line}", f"not readable as YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise problem(shown(path), f"not readable as YAML: {str(error).splitlines()[0]}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise problem(f"{shown(path)}:1", "a mapping (key: value) is wanted at the top of the file")
    return values


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


class _Folder(ConfigSource):
    """A folder of YAML files, seen below `prefix` of the configuration."""

    prefix = ""

    def _path(self, config_path: str) -> Path | None:
        if not self.prefix:
            return Path(self.path) / config_path
        if config_path == self.prefix or config_path.startswith(self.prefix + "/"):
            return Path(self.path) / config_path[len(self.prefix):].lstrip("/")
        return None

    def load_config(self, config_path: str) -> ConfigResult:
        path = self._path(self._normalize_file_name(config_path))
        if path is None or not path.is_file():
            raise ConfigLoadError(f"Config not found : {path}")
        values = read_yaml(path)
        header = self._get_header_dict(path.read_text(encoding="utf-8")[:512])
        values = self._complete(config_path.removesuffix(".yaml"), values, header)
        return ConfigResult(config=OmegaConf.create(values), path=self.full_path(), provider=self.provider,
                            header=header)

    def _complete(self, name: str, values: dict[str, Any], header: dict[str, str | None]) -> dict[str, Any]:
        group, _, option = name.rpartition("/")
        if name == "config":
            return {**defaults(Root), **values}
        if group not in GROUPS:
            return values
        body = {key: value for key, value in values.items() if key != "defaults"}
        if "defaults" in values:  # it builds on another file of the group, which brings the schema's values
            return {"defaults": values["defaults"], "name": option, **body}
        return filled(group, body, option)

    def available(self) -> bool:
        return Path(self.path).is_dir()

    def is_group(self, config_path: str) -> bool:
        path = self._path(config_path)
        return path is not None and path.is_dir()

    def is_config(self, config_path: str) -> bool:
        path = self._path(self._normalize_file_name(config_path))
        return path is not None and path.is_file()

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        files: list[str] = []
        folder = self._path(config_path)
        for entry in sorted(folder.iterdir()) if folder is not None and folder.is_dir() else []:
            if entry.suffix in (".yaml", "") and not entry.name.startswith("."):
                self._list_add_result(files, f"{config_path}/{entry.name}".lstrip("/"), entry.name, results_filter)
        return sorted(set(files))


class ConfigFolder(_Folder):
    """Config groups; defaults come from the schema."""

    @staticmethod
    def scheme() -> str:
        return "dlrun"


class ExperimentFolder(_Folder):
    """Experiments: each is written as if it stood at the root, and is chosen by ``experiment=``."""

    prefix = "experiment"

    @staticmethod
    def scheme() -> str:
        return "dlrun-experiments"

    def _complete(self, name: str, values: dict[str, Any], header: dict[str, str | None]) -> dict[str, Any]:
        header["package"] = header.get("package") or "_global_"
        return values


class Places(SearchPathPlugin):
    """Tells Hydra where dlrun's and the user's folders are."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for path in config_dirs():
            search_path.append("dlrun", f"dlrun://{path}")
        for path in experiment_dirs():
            search_path.append("dlrun", f"dlrun-experiments://{path}")
