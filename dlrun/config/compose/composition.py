"""What Hydra composed from a command's overrides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Composition:
    """A composed configuration.

    `plain` is the resolved mapping; `overrides` are those that it was composed of.  What files say of a sweep is
    not part of it: `sweep` is their key of that name, unresolved; `params` are ``hydra.sweeper.params`` where they set
    ``hydra.mode: MULTIRUN``, else None.  `environment` are the variables that values were taken from.
    """

    plain: dict[str, Any]
    overrides: tuple[str, ...] = ()
    sweep: Any = None
    params: dict[str, Any] | None = None
    environment: tuple[str, ...] = ()
