"""Hydra is started once for a test, in its working folder, not once for each of its commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.config.compose.session import hydra_started
from dlrun.config.problem import ConfigError
from dlrun.record.plan import Plan
from dlrun.sweep.make import make_plan


@pytest.fixture
def plan(folder: Path, write) -> Callable[..., Plan]:
    """The plan of a command: ``plan("model=dense,cnn", "seeds=2")``."""
    (folder / "configs" / "model").mkdir(parents=True)  # Hydra's search path is fixed when it starts
    (folder / "experiments").mkdir()

    def make(*overrides: str) -> Plan:
        with hydra_started():
            return make_plan(overrides)

    return make


@pytest.fixture
def wrong(plan) -> Callable[..., list[str]]:
    """What is wrong with a command, a line a problem: ``said: wanted (origin)``."""

    def tell(*overrides: str) -> list[str]:
        with pytest.raises(ConfigError) as refused:
            plan(*overrides)
        return [f"{p.given}: {p.expected}" + (f" ({p.origin})" if p.origin else "") for p in refused.value.problems]

    return tell
