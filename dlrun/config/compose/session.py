"""Hydra, started with dlrun's search path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hydra import initialize
from hydra.core.global_hydra import GlobalHydra

VERSION_BASE = "1.3"  # Hydra's own name for a set of defaults; 1.4 deprecates it: this is its one place


@contextmanager
def hydra_started() -> Iterator[None]:
    """Hydra with dlrun's search path; composing within an outer one costs no second start."""
    if GlobalHydra.instance().is_initialized():
        yield
    else:
        with initialize(version_base=VERSION_BASE, config_path=None):
            yield
