"""Hydra's own flags (--cfg, --info, -sc, --hydra-help), answered by Hydra over dlrun's search path."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from hydra import main as hydra_main

from dlrun.config.compose import VERSION_BASE, compose
from dlrun.config.problem import Problems


def main(words: Sequence[str]) -> int:
    overrides = [word for word in words if not word.startswith("-") and word not in ("job", "hydra", "all")]
    completing = any(word.split("=")[0] in ("-sc", "--shell-completion") for word in words)
    shows = any(word.split("=")[0] in ("--cfg", "-c", "--info", "-i") for word in words)
    if shows and not completing:
        composition, problems = compose([word for word in overrides if "=" in word])
        if problems or composition is None:
            raise Problems(problems)
    before = sys.argv
    sys.argv = ["dlrun", *words]
    try:
        hydra_main(version_base=VERSION_BASE, config_path=None, config_name="config")(_nothing)()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    finally:
        sys.argv = before
    return 0


def _nothing(config: Any) -> None:
    raise AssertionError("these flags run nothing")
