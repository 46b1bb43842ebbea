"""`dlrun tensorboard`: the names under which TensorBoard finds runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

from dlrun.cli.main import main
from dlrun.record.events import EventFile
from tests.report.make import SGD, made

SGD_WORDS = {key.replace(".", "__"): value for key, value in SGD.items()}


@pytest.fixture
def links(runs: Path, folder: Path, monkeypatch: pytest.MonkeyPatch):
    """The names and targets of the links that the command makes."""
    monkeypatch.setenv("DLRUN_CACHE", str(folder / "cache"))

    def call() -> dict[str, Path]:
        assert main(["tensorboard", "start=false"]) == 0
        (place,) = (folder / "cache" / "tensorboard").iterdir()
        return {link.name: Path(os.readlink(link)) for link in place.iterdir()}

    return call


def test_runs_are_called_by_the_settings_that_differ_and_their_seed(runs: Path, links) -> None:
    first, second = made(runs, 0xA1, seed=0), made(runs, 0xB2, seed=1, optimizer__lr=0.1)
    assert links() == {"optimizer.lr=0.001 seed=0": first, "optimizer.lr=0.1 seed=1": second}
    third = made(runs, 0xC3, seed=1, **SGD_WORDS)
    assert links() == {"digits-dense-adam optimizer.lr=0.001 seed=0": first,
                       "digits-dense-adam optimizer.lr=0.1 seed=1": second,
                       "digits-dense-sgd optimizer.lr=0.01 seed=1": third}


def test_tensorboards_own_reader_finds_them_under_these_names(runs: Path, links, folder: Path) -> None:
    for number, seed in ((0xA1, 0), (0xB2, 1)):
        file = EventFile(made(runs, number, seed=seed))
        file.event(step=1)
        file.close()
    links()
    reader = EventMultiplexer()
    reader.AddRunsFromDirectory(str(next((folder / "cache" / "tensorboard").iterdir())))
    assert sorted(reader.Runs()) == ["seed=0", "seed=1"]


def test_it_is_started_on_the_links(runs: Path, links, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(runs, 0xA1)
    called: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: called.append(arguments))
    assert main(["tensorboard", "runs", "port=7007"]) == 0
    ((_, _, _, _, logdir, *rest),) = called
    assert [link.name for link in Path(logdir).iterdir()] == ["digits-dense-adam"] and rest == ["--port", "7007"]
