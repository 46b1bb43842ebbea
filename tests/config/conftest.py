"""A folder with small files of every kind that a user brings, and a command line that runs in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlrun.config import places


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Hydra's flags set up logging for a whole process, to streams that end with the test."""
    root = logging.getLogger()
    level, before = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)


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
