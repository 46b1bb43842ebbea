from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from importlib import metadata
from pathlib import Path

import numpy
import pytest

from dlrun.record import provenance as room
from dlrun.record.provenance import code_text, extend_code, other_code, other_files, packages, provenance


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


PACKAGE = Path(room.__file__).parents[1]
ELSEWHERE = {"code": {"dlrun": {"commit": "1a2b3c4d5e", "dirty": False}}, "versions": {"dlrun": "0.0.9"}}


@pytest.fixture
def digests(monkeypatch):
    """Files of dlrun's that are other ones from here on, by their names."""
    others = {}
    own = room._digest
    monkeypatch.setattr(room, "_digest", lambda name: others.get(name) or own(name))
    room._differing.cache_clear()
    yield others
    room._differing.cache_clear()


def test_the_files_that_decide_numbers_stand_in_code_txt_with_their_hashes():
    import dlrun.engine.fit  # noqa: F401

    listed = {name: digest for digest, _, name in (line.partition("  ") for line in code_text().splitlines())}
    assert listed["engine/fit.py"] == hashlib.sha256((PACKAGE / "engine" / "fit.py").read_bytes()).hexdigest()[:16]
    rooms = {name.partition("/")[0] for name in listed}
    assert rooms <= {"assembly", "config", "data", "engine", "metrics", "models", "preflight", "run", "tasks"}
    assert all((PACKAGE / name).is_file() for name in listed)


def test_a_kind_that_a_run_does_not_use_is_none_of_its_code(tmp_path):
    """In a process of its own, where no other test has loaded anything."""
    command = ["dataset=digits", "model=dense", "epochs=1", "train_size=60", "device=cpu", f"output_dir={tmp_path}"]
    done = subprocess.run([sys.executable, "-m", "dlrun", *command], cwd=tmp_path, capture_output=True, text=True,
                          env={**room.os.environ, "PYTHONPATH": str(PACKAGE.parent)})
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.rglob("code.txt")
    names = {line.split()[1] for line in file.read_text().splitlines()}
    assert {"data/sets/digits.py", "models/families/dense.py", "engine/optimizers/adam.py", "engine/step.py",
            "assembly/measure.py", "run/outcome.py"} <= names, "what trained it, and what has measured it"
    assert not names & {"data/sets/mnist.py", "models/families/cnn.py", "tasks/vae/task.py", "config/check/rules.py"}
    assert other_files(file.parent) == []


def test_content_decides_and_no_commit(tmp_path, digests):
    (tmp_path / "code.txt").write_text(code_text())
    assert other_code(ELSEWHERE, tmp_path) is None, "another commit, the same files"
    digests["engine/a_new_file.py"] = "0" * 16
    assert other_code(ELSEWHERE, tmp_path) is None
    name = code_text().split()[1]
    digests[name] = "0" * 16
    room._differing.cache_clear()
    assert other_files(tmp_path) == [name]
    assert other_code(ELSEWHERE, tmp_path) == "dlrun 0.0.9, commit 1a2b3c4"


def test_a_run_without_the_list_is_compared_by_its_commit(tmp_path):
    assert other_files(tmp_path) is None
    assert other_code(ELSEWHERE, tmp_path) == "dlrun 0.0.9, commit 1a2b3c4"
    own = provenance({})
    assert other_code({"code": own["code"], "versions": own["versions"]}, tmp_path) is None
    extend_code(tmp_path / "code.txt")
    assert not (tmp_path / "code.txt").exists(), "what had trained it before is not known"


def test_what_a_resumed_run_was_trained_by_before_stays_in_the_list(tmp_path, digests):
    file = tmp_path / "code.txt"
    (first, *rest) = code_text().splitlines(keepends=True)
    file.write_text("".join(rest))
    extend_code(file)
    assert file.read_text() == code_text() and other_files(tmp_path) == []
    name = first.split()[1]
    digests[name] = "f" * 16
    extend_code(file)
    assert first in file.read_text() and f"{'f' * 16}  {name}\n" in file.read_text()
    assert other_files(tmp_path) == [name], "its first part was made by the other one"


@pytest.mark.parametrize("text", ["engine/fit.py\n", "0123456789abcdef  ../secret.py\n", "\xff"])
def test_a_damaged_list_is_other_code(tmp_path, text):
    (tmp_path / "code.txt").write_bytes(text.encode("latin-1"))
    assert other_files(tmp_path) == ["code.txt"]
    assert other_code(ELSEWHERE, tmp_path) == "dlrun 0.0.9, commit 1a2b3c4"
