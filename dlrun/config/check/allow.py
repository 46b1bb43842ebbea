"""What a command line allows: the user's modules whose code it may run."""

from __future__ import annotations

from collections.abc import Sequence

from dlrun.registry import allow

KEY = "allow"


def allow_typed(overrides: Sequence[str]) -> None:
    """Permit the modules of ``allow=`` among the overrides of a command: ``allow=mine``, ``allow=[mine,pkg.*]``.

    Only overrides that a person has typed (or a program has passed) may be handed in: a file cannot allow anything.
    """
    modules: list[str] = []
    for override in overrides:
        key, _, value = override.partition("=")
        if key.lstrip("+") == KEY:
            modules += [module.strip(" '\"") for module in value.strip("[] ").split(",")]
    allow([module for module in modules if module])
