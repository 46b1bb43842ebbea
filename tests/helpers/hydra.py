"""Hydra started once for a test, not once for each of its commands (a quarter of a second each)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dlrun.config.compose.session import hydra_started


@pytest.fixture(autouse=True)
def _one_hydra(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test's own folder, with one in which it can put models of a user's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs" / "model").mkdir(parents=True)  # Hydra's search path is fixed when it starts
    with hydra_started():
        yield
