"""The base that an option names."""

from __future__ import annotations

from dlrun.config.problem import did_you_mean, problem
from dlrun.models.bases._base import Base
from dlrun.registry import find, is_known, names


def find_base(name: str) -> Base:
    """The base of this name; raises ConfigError where there is none."""
    if not is_known("base", name):
        known = names("base")
        raise problem(f"model.base={name}", f"expected one of {', '.join(known)}{did_you_mean(name, known)}")
    base: Base = find("base", name)()
    return base
