from __future__ import annotations

import platform
from datetime import datetime, timedelta, timezone
from importlib import metadata

import numpy
import pytest

from dlrun.record import provenance as room
from dlrun.record.provenance import packages, provenance


def test_what_the_caller_knows_stands_beside_what_the_machine_says(tmp_path):
    facts = {"device": "cpu", "seeds": {"run": 0}, "speed_path": "eager", "threads": 2, "data": {"sha256": "ab"}}
    found = provenance(facts, versions={"torch": "2.13.0"}, command=["dlrun", "name=a b"], workdir=tmp_path)
    assert {key: found[key] for key in facts} == facts
    assert found["command"] == "dlrun 'name=a b'"
    assert found["versions"]["python"] == platform.python_version()
    assert found["versions"]["numpy"] == numpy.__version__
    assert found["versions"]["torch"] == "2.13.0"
    assert found["cpu"]
    age = datetime.now(timezone.utc) - datetime.fromisoformat(found["started"])
    assert timedelta(0) <= age < timedelta(minutes=1)
    with pytest.raises(ValueError, match="started"):
        provenance({"started": "now"})


def test_runs_that_begin_together_ask_git_once(tmp_path, monkeypatch):
    answers = iter([{"commit": "first"}, {"commit": "second"}])
    monkeypatch.setattr(room, "checkout_state", lambda folder: next(answers))
    monkeypatch.setattr(room, "_loaded", lambda folder: None)
    began = [provenance({}, workdir=tmp_path)["code"]["workdir"]["commit"] for _ in range(3)]
    assert began == ["first"] * 3
    monkeypatch.setattr(room.time, "monotonic", lambda now=room.time.monotonic: now() + 2 * room.LATELY)
    assert provenance({}, workdir=tmp_path)["code"]["workdir"]["commit"] == "second"


def test_the_list_of_packages_has_the_versions_that_python_itself_finds():
    listed = dict(line.split("==") for line in packages().splitlines())
    for name in ("numpy", "torch", "hydra-core", "pytest", "dlrun"):
        assert listed[name] == metadata.version(name)
    found = {(dist.name or "").lower().replace("_", "-").replace(".", "-") for dist in metadata.distributions()}
    assert {name.replace(".", "-") for name in listed} == found
