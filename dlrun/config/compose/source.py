"""How Hydra finds dlrun's options: sources that fill in the schema's defaults while a file is read.

So a group file says only what differs, and yet ``--cfg job``, completion and overrides know every key.  A registered
kind that has no file is an option too: what its file would say is made here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dlrun.config.compose.catalog import is_kind_option, kind_options
from dlrun.config.compose.defaults_list import check_defaults, check_suggested
from dlrun.config.compose.groups_only import WITHOUT_HYDRA, without_hydra
from dlrun.config.compose.option import kind_values
from dlrun.config.compose.yaml_file import path_text, place, read_yaml
from dlrun.config.flat import flatten
from dlrun.config.places import config_dirs, experiment_dirs
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.fields import defaults
from dlrun.config.schema.groups import KINDS, TARGET, filled
from dlrun.config.schema.quoting import show
from dlrun.config.schema.root import GROUPS, Root
from dlrun.registry import names


def _wrong(path: Path, name: str, values: dict[str, Any], header: dict[str, str | None]) -> list[Problem]:
    """What Hydra or OmegaConf would stop at, or what would silently land in another place."""
    group = name.rpartition("/")[0]
    problems = [] if "defaults" not in values or name == "config" else check_defaults(path, name, values["defaults"])
    if group in GROUPS and header.get("package"):
        problems.append(Problem(f"# @package {header['package']}", f"a {group} stays at {group}; leave this line out",
                                f"{path_text(path)}:1"))
    if group in GROUPS and list(values) == [group] and isinstance(values[group], dict):
        problems.append(Problem(f"{group}: ...", f"the file is read as the {group} already; its keys stand at the left "
                                "margin", place(path, [group])))
    if group in GROUPS and not {"kind", "defaults", TARGET} & set(values) and (
            group not in names(group)) and not problems:
        problems.append(Problem(f"{group}.kind", f"must be given: one of {', '.join(sorted(KINDS[group]))}",
                                f"{path_text(path)}:1"))
    if group in GROUPS and not isinstance(values.get("root") or {}, dict):
        problems.append(Problem(f"root: {values['root']}", "expected a mapping (key: value) of what suits this choice",
                                place(path, ["root"])))
    elif group in GROUPS and values.get("root") and "defaults" in values:  # Hydra gives a file one place for its keys
        problems.append(Problem(f"root: {show(values['root'])}", "a file that builds on another (defaults:) sets keys "
                                f"of its {group} alone; these go with  kind:  in place of  defaults:, or into an "
                                "experiment", place(path, ["root"])))
    elif group in GROUPS and values.get("root"):
        problems += check_suggested(path, group, values["root"])
    for key, value in flatten(values).items():
        if isinstance(value, str) and "${" in value:
            try:
                OmegaConf.create({"value": value})
            except OmegaConfBaseException:
                problems.append(Problem(f"{key}={value}", "an interpolation is written  ${key}  or  ${oc.env:NAME}",
                                        place(path, key.split("."))))
    return problems


def _option(group: str, option: str, values: dict[str, Any], header: dict[str, str | None]) -> dict[str, Any]:
    """What Hydra composes for an option of a group, from what its file says; may set the package in `header`."""
    body = {key: value for key, value in values.items() if key not in ("defaults", "root")}
    if isinstance(values.get("root"), dict) and "defaults" not in values:
        # What suits this choice at the root (a GAN needs more epochs); experiments and typed overrides win.
        header["package"] = "_global_"
        keys = {key: value for key, value in values["root"].items() if key not in GROUPS}
        chosen = [{f"override /{key}": value} for key, value in values["root"].items() if key in GROUPS]
        return {**({"defaults": [*chosen, "_self_"]} if chosen else {}), group: filled(group, body, option), **keys}
    if "defaults" in values:  # it builds on another file of the group, which brings the schema's values
        return {"defaults": values["defaults"], "name": option, **body}
    return filled(group, body, option)


class KindOptions(ConfigSource):
    """The registered kinds that have no file, as if each had one that says its `kind` alone."""

    @staticmethod
    def scheme() -> str:
        return "dlrun-kinds"

    def load_config(self, config_path: str) -> ConfigResult:
        name = config_path.removesuffix(".yaml")
        if not self.is_config(name):
            raise ConfigLoadError(f"Config not found : {config_path}")
        group, _, option = name.rpartition("/")
        header: dict[str, str | None] = {"package": None}
        values = _option(group, option, kind_values(group, option), header)
        return ConfigResult(config=OmegaConf.create(values), path=f"{self.scheme()}://{name}", provider=self.provider,
                            header=header)

    def available(self) -> bool:
        return True

    def is_group(self, config_path: str) -> bool:
        return config_path in GROUPS

    def is_config(self, config_path: str) -> bool:
        group, _, option = config_path.removesuffix(".yaml").rpartition("/")
        return is_kind_option(group, option)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        if config_path == "":
            return [] if results_filter == ObjectType.CONFIG else sorted(GROUPS)
        return [] if results_filter == ObjectType.GROUP else kind_options(config_path)


class _Folder(ConfigSource):
    """A folder of YAML files, seen below `prefix` of the configuration."""

    prefix = ""

    def _path(self, config_path: str) -> Path | None:
        if config_path.removesuffix(".yaml") == WITHOUT_HYDRA:
            config_path = "config.yaml"
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
        name = config_path.removesuffix(".yaml")
        if name == WITHOUT_HYDRA:
            name, values = "config", without_hydra(values)
        wrong = _wrong(path, name, values, header)
        if wrong:
            raise ConfigError(wrong)
        values = self._complete(name, values, header)
        return ConfigResult(config=OmegaConf.create(values), path=self.full_path(), provider=self.provider,
                            header=header)

    def _complete(self, name: str, values: dict[str, Any], header: dict[str, str | None]) -> dict[str, Any]:
        group, _, option = name.rpartition("/")
        if name == "config":
            return {**defaults(Root), **values}
        return _option(group, option, values, header) if group in GROUPS else values

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

    def is_group(self, config_path: str) -> bool:
        return config_path == "" or super().is_group(config_path)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """All experiments, those in subfolders too: completion asks for ``experiment`` alone."""
        if config_path == "":
            return [] if results_filter == ObjectType.CONFIG else [self.prefix]
        folder = self._path(config_path)
        if folder is None or results_filter == ObjectType.GROUP:
            return []
        return sorted(str(file.relative_to(folder).with_suffix("")) for file in folder.rglob("*.yaml")
                      if file.is_file())

    def _complete(self, name: str, values: dict[str, Any], header: dict[str, str | None]) -> dict[str, Any]:
        header["package"] = header.get("package") or "_global_"
        return values


class Places(SearchPathPlugin):
    """Tells Hydra where dlrun's options and the user's folders are."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """dlrun's own options first, kinds without a file next, then the user's folders, then experiments."""
        own, *users = config_dirs()
        search_path.append("dlrun", f"dlrun://{own}")
        search_path.append("dlrun", f"{KindOptions.scheme()}://registry")  # before users' files, as dlrun's own are
        for path in users:
            search_path.append("dlrun", f"dlrun://{path}")
        for path in experiment_dirs():
            search_path.append("dlrun", f"dlrun-experiments://{path}")
