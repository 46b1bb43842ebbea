"""`dlrun doctor`: what it says is what is there, and what is wrong is said with exit code 1."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path

import pytest

from dlrun.cli import machine_facts
from dlrun.cli.route import route


@pytest.fixture
def doctor(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("DLRUN_CACHE", str(folder / "cache"))

    def call(*words: str, code: int = 0) -> dict:
        assert route(["doctor", "json=true", *words]) == code
        return json.loads(capsys.readouterr().out)["data"]

    return call


def test_it_names_versions_devices_and_folders_and_leaves_nothing(
        doctor, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_facts, "LOADED", ("hydra", "torch"))
    found = doctor()
    versions = {one["name"]: one["version"] for one in found["packages"]}
    assert versions["torch"] == metadata.version("torch") and versions["hydra-core"] == metadata.version("hydra-core")
    assert found["python"].startswith(platform.python_version())
    assert found["devices"][0].startswith("cpu") and found["import_seconds"].keys() >= {"torch", "hydra"}
    assert [one["writable"] for one in found["folders"]] == [True, True] and found["wrong"] == []
    assert list(folder.iterdir()) == []


def test_it_tells_data_sets_that_have_files_from_those_that_have_none(
        doctor, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "data" / "MNIST" / "raw").mkdir(parents=True)
    (folder / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte.gz").write_bytes(b"")
    monkeypatch.setenv("DLRUN_DATA", str(folder / "data"))
    found = doctor("import_times=false")
    assert found["data_sets"] == ["mnist"] and "reuters" in found["data_sets_missing"]
    assert found["data_folders"][0] == str(folder / "data") and found["devices"] == []


def test_a_package_that_cannot_be_loaded_is_said(doctor, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "broken_one.py").write_text("raise RuntimeError('operator missing')")
    (folder / "ending_one.py").write_text("import os; os._exit(3)")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(machine_facts, "LOADED", ("json", "broken_one", "absent_one", "ending_one", "hydra"))
    found = doctor(code=1)
    assert {one["what"]: one["why"] for one in found["wrong"]} == {
        "broken_one": "it cannot be loaded (RuntimeError: operator missing)",
        "ending_one": "it cannot be loaded (the process that loaded it ended with code 3)"}
    assert list(found["import_seconds"]) == ["json"] and found["devices"] == []


def test_what_is_wrong_is_said(doctor, folder: Path, monkeypatch: pytest.MonkeyPatch,
                               capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DLRUN_DATA", "nowhere")
    real, other = machine_facts._version, {"torch": "1.0", "scipy": None}
    monkeypatch.setattr(machine_facts, "_version", lambda name: other[name] if name in other else real(name))
    (folder / "runs").write_text("a file where a folder should be")
    found = doctor("import_times=false", code=1)
    wrong = {one["what"]: one["why"] for one in found["wrong"]}
    assert wrong["torch 1.0"] == "expected >=2.8" and wrong["scipy"].startswith("not installed")
    assert wrong["DLRUN_DATA=nowhere"] == "no such folder"
    assert wrong["runs"] == "the folder of the runs can't be written"
    assert route(["doctor", "import_times=false"]) == 1
    assert "torch 1.0: expected >=2.8" in capsys.readouterr().out


def test_a_package_of_two_extras_is_one_line_and_torchvision_is_loaded_as_dlrun_loads_it(
        monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ["torch>=2.8", 'torch>=2.8; extra == "export"', 'safetensors>=0.4; extra == "export"',
              'safetensors>=0.4; extra == "pretrained"']
    monkeypatch.setattr(machine_facts.metadata, "requires", lambda name: needed)
    found = [(one["name"], one["extra"]) for one in machine_facts.packages()]
    assert found == [("torch", ""), ("safetensors", "export, pretrained")]
    monkeypatch.setattr(machine_facts, "LOADED", ("dlrun.data.formats.vision:torchvision",))
    seconds, failed = machine_facts.loading()
    assert list(seconds) == ["torchvision"] and not failed
