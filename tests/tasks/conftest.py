"""Tests of tasks start Hydra once each, as tests of runs do."""

from tests.run.conftest import _one_hydra

__all__ = ["_one_hydra"]
