"""Tests of diagnostics start Hydra once each."""

from tests.helpers.hydra import _one_hydra
from tests.helpers.texts import texts

__all__ = ["_one_hydra", "texts"]
