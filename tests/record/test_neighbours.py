from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from dlrun.record import neighbours
from dlrun.record.folder import RunFolder, write_bytes
from dlrun.record.neighbours import same_steps, unfinished

LONG_AGO = time.time() - 60


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name, status in (("a", "finished"), ("b", "interrupted"), ("c", None), ("d", "failed"), ("new", None)):
        run = RunFolder(tmp_path / "net" / name).make()
        run.last.write_bytes(b"weights")
        run.provenance.write_text(json.dumps({"prefix": "p" if name in "ab" else "q"}))
        if status:
            run.result_file.write_text(json.dumps({"status": status}))
    (tmp_path / "net" / "notes.txt").write_text("a user's")
    return tmp_path / "net"


def age(runs: Path) -> None:
    for path in runs.rglob("*.json"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def names(found) -> list[str]:
    return sorted(run.path.name for run in found)


def looks(runs: Path) -> tuple[list[str], list[str]]:
    new = RunFolder(runs / "new")
    return names(same_steps(new, "p")), names(unfinished(new))


def test_runs_are_found_by_their_prefix_and_by_how_they_ended(runs: Path) -> None:
    assert looks(runs) == (["a", "b"], ["b", "c"])
    assert looks(runs / "..") == ([], [])


def test_files_that_stay_as_they_are_are_read_once(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = RunFolder.result
    monkeypatch.setattr(RunFolder, "result", lambda self: read.append(f"result of {self.path.name}") or real(self))
    real_json = neighbours.read_json
    monkeypatch.setattr(neighbours, "read_json", lambda path: read.append(path.name) or real_json(path))
    # What has just been written may change once more before the file system's clock goes on.
    looks(runs)
    first, read[:] = sorted(read), []
    looks(runs)
    assert sorted(read) == first == ["provenance.json"] * 4 + ["result of b"] + ["result.json"] * 3
    monkeypatch.setattr("dlrun.record.neighbours._RECENT", -1)  # a minute would have to pass: ctime cannot be set
    looks(runs)
    read.clear()
    assert looks(runs) == (["a", "b"], ["b", "c"]) and read == []
    (runs / "d" / "result.json").write_text(json.dumps({"status": "stopped"}))
    looks(runs)
    assert read == ["result.json"]


@pytest.mark.parametrize("recent", [neighbours._RECENT, -1])
def test_a_result_that_changes_is_seen(runs: Path, monkeypatch: pytest.MonkeyPatch, recent: int) -> None:
    monkeypatch.setattr("dlrun.record.neighbours._RECENT", recent)
    result = runs / "b" / "result.json"
    age(runs)
    assert looks(runs)[1] == ["b", "c"]
    same_size = json.dumps({"status": "finished"}).encode().ljust(result.stat().st_size)
    write_bytes(result, same_size)
    os.utime(result, (LONG_AGO, LONG_AGO))  # of the same size and time
    assert looks(runs)[1] == ["c"]
    result.unlink()
    assert looks(runs)[1] == ["b", "c"], "it is trained again, or was killed"
    for broken in ("{", "[]", '{"status": "interrupted", "config": {"seed": "one"}}'):
        result.write_text(broken)
        assert looks(runs)[1] == ["c"], "a broken file is for its own command to report"
    (runs / "c" / "result.json").write_text(json.dumps({"status": "finished"}))
    assert looks(runs)[1] == []
    (runs / "d" / "provenance.json").write_text(json.dumps({"prefix": "p"}))
    assert looks(runs)[0] == ["a", "b", "d"]


def test_what_is_kept_has_a_bound(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlrun.record.neighbours._RECENT", -1)
    monkeypatch.setattr("dlrun.record.neighbours._MOST", 3)
    monkeypatch.setattr("dlrun.record.neighbours._seen", {})
    for _ in range(2):
        assert looks(runs) == (["a", "b"], ["b", "c"])
        assert 0 < len(neighbours._seen) <= 3


def test_of_a_fold_the_same_folds_are_meant(runs: Path) -> None:
    for name, prefix in (("a", "p"), ("b", "q")):
        RunFolder(runs / name).fold(1).make().provenance.write_text(json.dumps({"prefix": prefix}))
    found = list(same_steps(RunFolder(runs / "new").fold(1), "p"))
    assert [run.path for run in found] == [runs / "a" / "folds" / "1"] and found[0].run == runs / "a"
