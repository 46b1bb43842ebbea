"""Every test of data has a cache folder of its own; real data is where DLRUN_DATA says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("DLRUN_CACHE", str(folder))
    return folder


@pytest.fixture
def real(tmp_path_factory, monkeypatch):
    """The path of a real data file; skips the test where it is not there.  All share a cache: each is decoded once."""
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path_factory.getbasetemp() / "cache-of-real-data"))

    def path(name: str) -> Path:
        root = os.environ.get("DLRUN_DATA")
        if not root:
            pytest.skip("DLRUN_DATA is not set")
        file = Path(root) / name
        if not file.exists():
            pytest.skip(f"{name} is not in DLRUN_DATA")
        return file

    return path


@pytest.fixture
def said():
    return []


