"""Hydra's composition without the tree of Hydra's own settings, which takes as long as everything of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra._internal.defaults_list import create_defaults_list
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

WITHOUT_HYDRA = "config_without_hydra"  # by this name dlrun's source gives config.yaml without Hydra's settings


def without_hydra(values: dict[str, Any]) -> dict[str, Any]:
    """The content of config.yaml without its node ``hydra`` and the groups that it chooses for Hydra."""
    chosen = [entry for entry in values["defaults"]
              if not (isinstance(entry, dict) and next(iter(entry)).startswith("override hydra/"))]
    return {**{key: value for key, value in values.items() if key != "hydra"}, "defaults": chosen}


def compose_groups(overrides: Sequence[str]) -> DictConfig | None:
    """What `overrides` compose to, as ``hydra.compose`` gives it but for the node ``hydra``.

    None where only the whole composition can tell: an override or a file sets Hydra's own keys, or something is wrong
    with them.  The steps are those of Hydra's config loader; private, so a test holds them to ``hydra.compose``.
    """
    loader = GlobalHydra.instance().config_loader()
    if any(override.lstrip("+~").startswith("hydra") for override in overrides):
        return None
    try:
        parsed, repository = loader._parse_overrides_and_create_caching_repo(  # type: ignore[attr-defined]
            WITHOUT_HYDRA, list(overrides))
        if any(override.is_sweep_override() for override in parsed):
            return None
        found = create_defaults_list(repo=repository, config_name=WITHOUT_HYDRA, overrides_list=parsed,
                                     prepend_hydra=False, skip_missing=False)
        config: DictConfig = loader._compose_config_from_defaults_list(  # type: ignore[attr-defined]
            defaults=found.defaults, repo=repository)
        if "hydra" in config:
            return None
        OmegaConf.set_struct(config, True)
        loader._apply_overrides_to_config(found.config_overrides, config)  # type: ignore[attr-defined]
    except (HydraException, OmegaConfBaseException):
        return None
    return config
