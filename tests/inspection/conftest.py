"""A finished run that the tests of inspection share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


def trained(place: Path, *overrides: str) -> Path:
    from dlrun.preflight.preflight import preflight
    from dlrun.record.recorder import Recorder
    from dlrun.run.run import run

    return run(preflight(["threads=1", "device=cpu", f"output_dir={place}", *overrides]), ["dlrun"],
               [Recorder()]).folder


@pytest.fixture(scope="session")
def _digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("digits"), "dataset=digits", "model=cnn", "model.filters=[4,8]",
                   "model.hidden=[8]", "epochs=2")


@pytest.fixture(scope="session")
def digits_gan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a GAN on digits that has hardly begun."""
    return trained(tmp_path_factory.mktemp("gan"), "dataset=digits", "model=gan", "epochs=1", "max_steps=1")


@pytest.fixture(scope="session")
def digits_autoencoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small autoencoder on digits."""
    return trained(tmp_path_factory.mktemp("codes"), "dataset=digits", "model=autoencoder", "epochs=2")


@pytest.fixture
def digits(_digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a convnet on digits, a copy for each test; the working folder is empty."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(_digits, tmp_path / "runs" / "digits-cnn-adam" / _digits.name))
