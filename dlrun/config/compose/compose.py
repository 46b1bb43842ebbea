"""From the overrides of one command to its configuration, by Hydra where it is needed."""

from __future__ import annotations

from collections.abc import Sequence

from dlrun.config.compose.composition import Composition
from dlrun.config.compose.plain import compose_plain
from dlrun.config.problem import Problem


def compose(overrides: Sequence[str]) -> tuple[Composition | None, list[Problem]]:
    """The configuration that `overrides` choose, and everything that is wrong with them; see `Composer.compose`."""
    found = compose_plain(overrides)
    if found is not None:
        return found
    from dlrun.config.compose.composer import Composer

    return Composer().compose(overrides)
