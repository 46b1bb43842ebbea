from __future__ import annotations

import hashlib
import platform
import shlex
import subprocess
from datetime import datetime, timedelta, timezone

import numpy
import pytest

from dlrun.record.provenance import git, provenance


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    for key, value in {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
                       "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}.items():
        monkeypatch.setenv(key, value)
    folder = tmp_path / "code"
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "a.py").write_text("one = 1\n")
    (folder / "other.txt").write_text("x\n")
    run(folder, "git init -q .")
    return folder


def run(folder, line):
    return subprocess.run(shlex.split(line), cwd=folder, check=True, capture_output=True).stdout


def test_a_clean_checkout_is_its_commit(checkout):
    run(checkout, "git add .")
    run(checkout, "git commit -qm first")
    head = run(checkout, "git rev-parse HEAD").decode().strip()
    assert git(checkout) == {"commit": head, "diff": None, "untracked": 0, "dirty": False}


def test_uncommitted_changes_are_the_hash_of_what_git_diff_prints(checkout):
    run(checkout, "git add .")
    run(checkout, "git commit -qm first")
    (checkout / "package" / "a.py").write_text("one = 2\n")
    printed = run(checkout, "git diff HEAD")
    assert b"+one = 2" in printed
    state = git(checkout)
    assert (state["diff"], state["dirty"]) == (hashlib.sha256(printed).hexdigest(), True)
    run(checkout, "git add .")  # staged is uncommitted too
    assert git(checkout)["diff"] == state["diff"]


def test_only_what_lies_below_the_folder_counts(checkout):
    run(checkout, "git add .")
    run(checkout, "git commit -qm first")
    (checkout / "other.txt").write_text("y\n")
    (checkout / "new.txt").write_text("y\n")
    assert git(checkout / "package")["dirty"] is False
    (checkout / "package" / "b.py").write_text("two = 2\n")
    assert git(checkout / "package") | {"commit": ""} == {"commit": "", "diff": None, "untracked": 1, "dirty": True}


def test_before_the_first_commit_everything_is_uncommitted(checkout):
    state = git(checkout)
    assert state["commit"] is None and state["dirty"]


def test_without_a_checkout_or_without_git_there_is_no_state(tmp_path, checkout, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert git(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert git(checkout) is None


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
