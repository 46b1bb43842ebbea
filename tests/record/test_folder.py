from __future__ import annotations

import json
import math
import os
import signal
import threading
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dlrun.record.folder import RunFolder, plain, write_bytes, write_json, write_result, write_text
from dlrun.record.own_file import to_disk
from dlrun.record.stored import read_json


def test_the_paths_are_those_of_the_contract():
    folder = RunFolder("runs/mnist-cnn-adam/3f9c1e02")
    paths = [folder.config, folder.metrics, folder.result_file, folder.provenance, folder.last, folder.best]
    paths += [folder.pictures, folder.fold(0).result_file]
    assert [path.as_posix().removeprefix("runs/mnist-cnn-adam/3f9c1e02/") for path in paths] == [
        "config.yaml", "metrics.jsonl", "result.json", "provenance.json", "checkpoints/last.pt", "checkpoints/best.pt",
        "pictures", "folds/0/result.json",
    ]


def test_the_class_has_its_places_too():
    assert all(hasattr(RunFolder, name) for name in ("config", "last", "lock"))


def test_numbers_that_json_does_not_have_become_null(tmp_path):
    data = {"nan": math.nan, "inf": [math.inf, -np.float32("inf")], "f32": np.float32(0.1), "i": np.int64(3),
            "b": np.bool_(True), "t": (1, 2), "p": Path("a/b")}
    write_json(tmp_path / "x.json", data)

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    read = json.loads((tmp_path / "x.json").read_text(), parse_constant=refuse)
    assert read == {"nan": None, "inf": [None, None], "f32": 0.10000000149011612, "i": 3, "b": True, "t": [1, 2],
                    "p": "a/b"}
    assert type(read["b"]) is bool and type(read["i"]) is int


@pytest.mark.parametrize("value", [object(), np.zeros(2), Fraction(1, 3), {1.5: 2}, {1, 2}])
def test_what_json_cannot_hold_is_refused_not_stored_as_text(value):
    with pytest.raises(TypeError):
        plain({"x": [value]})


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    write_json(path, {"epoch": 1})
    with pytest.raises(TypeError):
        write_json(path, {"epoch": object()})

    def full(handle):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_text(path, "half")
    assert read_json(path) == {"epoch": 1}
    assert os.listdir(tmp_path) == ["result.json"]


def test_a_result_is_written_when_what_was_written_beside_is_on_the_disk(tmp_path, monkeypatch):
    folder, on_disk, fsync, gate = RunFolder(tmp_path).make(), [], os.fsync, threading.Event()

    def slow(handle):
        assert gate.wait(60)
        fsync(handle)
        on_disk.append(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", slow)
    write_text(folder.config, "seed: 0\n", sync=False)
    write_text(tmp_path / "gone.json", "{}", sync=False)
    (tmp_path / "gone.json").unlink()  # a run that is cleared
    assert folder.config.read_text() == "seed: 0\n"
    ending = threading.Thread(target=write_result, args=(folder, {"status": "finished"}))
    ending.start()
    ending.join(0.2)
    assert ending.is_alive() and folder.result() is None and on_disk == []
    gate.set()
    ending.join(60)
    *before, result, names = on_disk
    places = (folder.config, folder.checkpoints, folder.path, tmp_path.parent)
    assert {place.stat().st_ino for place in places} < set(before)
    assert [result, names] == [folder.result_file.stat().st_ino, folder.path.stat().st_ino]


def test_what_is_on_the_disk_is_synced_again_only_when_it_has_changed(tmp_path, monkeypatch):
    paths, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (paths.append(os.fstat(handle).st_ino), fsync(handle)))
    for name in ("a", "b"):
        (tmp_path / name).write_text("1")

    def synced():
        paths.clear()
        for one in to_disk(tmp_path):
            one.result()
        return {path.name for path in (tmp_path, *tmp_path.iterdir()) if path.stat().st_ino in paths}

    assert synced() == {tmp_path.name, "a", "b"}
    with open(tmp_path / "a", "a") as file:
        file.write("2")
    assert synced() == {tmp_path.name, "a"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_writes_its_own_result(tmp_path):
    write_text(RunFolder(tmp_path / "a").make().config, "seed: 0\n", sync=False)
    child = os.fork()
    if not child:
        other = RunFolder(tmp_path / "b").make()
        write_text(other.config, "seed: 1\n", sync=False)
        write_result(other, {"status": "finished"})
        os._exit(0)
    for _ in range(600):
        if os.waitpid(child, os.WNOHANG)[0]:
            break
        time.sleep(0.05)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert RunFolder(tmp_path / "b").result() == {"status": "finished"}


def test_a_disk_that_fails_beside_fails_the_result(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path).make()

    def full(handle):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    write_text(folder.config, "seed: 0\n", sync=False)
    with pytest.raises(OSError, match="no space"):
        write_result(folder, {"status": "finished"})
    assert folder.result() is None


def test_a_reader_sees_the_old_content_until_the_new_is_complete(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_bytes(path, b"old")
    seen = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (seen.append((path.read_bytes(), a.read_bytes())), replace(a, b)))
    write_bytes(path, b"new" * 1000)
    assert seen == [(b"old", b"new" * 1000)]
    assert path.read_bytes() == b"new" * 1000


def test_a_run_without_a_result_has_none(tmp_path):
    folder = RunFolder(tmp_path).make()
    assert folder.result() is None
    write_json(folder.result_file, {"status": "finished"})
    assert folder.result() == {"status": "finished"}
