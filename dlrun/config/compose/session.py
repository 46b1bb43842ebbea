"""Hydra, started with dlrun's search path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hydra._internal.hydra import Hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.initialize import get_gh_backup, restore_gh_from_backup
from hydra.version import setbase

VERSION_BASE = "1.3"  # Hydra's own name for a set of defaults; 1.4 deprecates it: this is its one place


@contextmanager
def hydra_started() -> Iterator[None]:
    """Hydra with dlrun's search path; composing within an outer one costs no second start."""
    if GlobalHydra.instance().is_initialized():
        yield
    else:
        # hydra.initialize's own steps; it would first look for its caller, reading the source of every frame.
        before = get_gh_backup()
        setbase(VERSION_BASE)
        Hydra.create_main_hydra_file_or_module(__file__, None, config_path=None, job_name="session")
        try:
            yield
        finally:
            restore_gh_from_backup(before)
