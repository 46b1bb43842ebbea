"""A folder with small files of every kind that a user brings, and a command line that runs in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.config import places


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder without data, caches or folders of configs from elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLRUN_DATA", raising=False)
    monkeypatch.setattr(places, "_extra", [])
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[[dict[str, str | bytes]], None]:
    """Write files into the working folder: ``write({"experiments/x.yaml": "epochs: 3"})``."""

    def put(files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return put
