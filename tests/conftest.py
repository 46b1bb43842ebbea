"""What all tests share: runs go to a temporary folder, the cache too, and torch stays on one thread."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlrun.config import places
from dlrun.registry import allow, lookup
from dlrun.registry.index import files

# Hundreds of tests start `dlrun` as a process: where Python is told to keep no bytecode, each would compile every file.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# A thread of torch's that waits for others must not take the processor from the tests beside; read as torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: Python's collector, which some tests call, need not walk through it every time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ.setdefault("DLRUN_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def _own_kinds_stay_in_their_test(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Kinds that a test registers, what it allows, its modules and their folders are forgotten; those of before are
    there again."""
    allow([])
    folders, modules = list(sys.path), set(sys.modules)
    before = dict(lookup._registered)
    yield
    sys.path[:] = folders
    place = str(tmp_path_factory.getbasetemp())
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(place):  # the next test's may have its name
            del sys.modules[name]
    lookup._registered.update({key: kind for key, kind in before.items() if key not in lookup._registered})
    for key in set(lookup._registered) - set(before):
        group, name = key  # a docstring's example lies in a module of dlrun's too: the index says what dlrun's own are
        if name not in files(group):
            del lookup._registered[key]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command in this process, in an empty folder: ``go("model=dense", ...)`` gives its Outcome."""
    monkeypatch.chdir(tmp_path)

    def call(*overrides: str, recorders=()):
        from dlrun.preflight.preflight import preflight
        from dlrun.record.recorder import Recorder
        from dlrun.run.run import run

        defaults = [word for word in ("threads=1", "device=cpu") if not any(w.startswith(word[:8]) for w in overrides)]
        return run(preflight([*overrides, *defaults]), ["dlrun", *overrides], list(recorders) or [Recorder()])

    return call


@pytest.fixture
def quick_workers() -> Iterator[None]:
    """Workers of this process's sweeps are forked where torch is loaded, which takes 3 seconds of a processor each."""
    from tests.helpers.forked_workers import forked_workers

    with forked_workers():
        yield


@pytest.fixture
def quick_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """The classifier of a GAN's samples is trained for a sixth of its steps, enough to tell digits apart."""
    from dlrun.diagnostics import sample_classifier

    monkeypatch.setattr(sample_classifier, "STEPS", 100)


@pytest.fixture
def short_passages(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model of the next token writes at the end of a run, to be shown and measured, is a few words."""
    from dlrun.tasks.next_token import plots, text_diversity

    for module in (plots, text_diversity):
        monkeypatch.setattr(module, "TOKENS", 20)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data files; tests that need it are skipped where it is not there."""
    folder = os.environ.get("DLRUN_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("DLRUN_DATA names no folder of real data")
    return Path(folder)


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
