"""A finished run that the tests of inspection share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def _digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dlrun.preflight.preflight import preflight
    from dlrun.record.recorder import Recorder
    from dlrun.run.run import run

    overrides = ["dataset=digits", "model=cnn", "model.filters=[4,8]", "model.hidden=[8]", "epochs=2", "threads=1",
                 "device=cpu", f"output_dir={tmp_path_factory.mktemp('digits')}"]
    return run(preflight(overrides), ["dlrun"], [Recorder()]).folder


@pytest.fixture
def digits(_digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a convnet on digits, a copy for each test; the working folder is empty."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(_digits, tmp_path / "runs" / "digits-cnn-adam" / _digits.name))
