"""Tests of tasks start Hydra once each."""

from tests.helpers.hydra import _one_hydra

__all__ = ["_one_hydra"]
