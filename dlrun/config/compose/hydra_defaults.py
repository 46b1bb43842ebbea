"""Which files a command is composed of, as Hydra finds them."""

from __future__ import annotations

from collections.abc import Sequence

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode

from dlrun.config.compose.overrides import readable
from dlrun.config.compose.session import hydra_started


def keys_and_files(overrides: Sequence[str]) -> tuple[set[str], list[tuple[str, str]]]:
    """The typed keys and groups; and each file in its order, as ``model/lenet``, with the package that it is put in."""
    parser, overrides = OverridesParser.create(), list(map(readable, overrides))
    keys = {parser.parse_override(text).key_or_group for text in overrides}
    with hydra_started():
        loader = GlobalHydra.instance().config_loader()
        found = loader.compute_defaults_list("config", list(overrides), RunMode.RUN)
    return keys, [(entry.config_path or "", entry.package or "") for entry in found.defaults]
