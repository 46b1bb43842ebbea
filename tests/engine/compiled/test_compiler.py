"""A compiler that is missing, broken or never ends is a sentence; what is kept is this user's and verified."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dlrun.engine.compiled import compiler
from dlrun.engine.compiled.compiler import NoCompiler, find, library, private_folder
from tests.helpers.compiler import needs_compiler

SOURCE = "void take(long steps, void **given) {{ *(long *)given[0] = {value} * steps; }}"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def script(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def answer(made) -> int:
    import ctypes

    found = ctypes.c_long(0)
    made.take(2, (ctypes.c_void_p * 1)(ctypes.addressof(found)))
    return found.value


def test_no_compiler_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoCompiler, match="no C compiler is here"):
        find()


def test_a_compiler_that_fails_or_cannot_be_started_is_a_sentence(tmp_path: Path) -> None:
    broken = script(tmp_path, "broken", "echo 'step.c:1: error: all is wrong'; exit 3")
    with pytest.raises(NoCompiler, match=r"broken failed with exit code 3 \(step.c:1: error: all is wrong\)"):
        library("int x;", (str(broken), "broken 1"))
    with pytest.raises(NoCompiler, match="cannot be started"):
        library("int x;", (str(tmp_path / "gone"), "gone 1"))
    idle = script(tmp_path, "idle", "exit 0")
    with pytest.raises(NoCompiler, match="made no library"):
        library("int x;", (str(idle), "idle 1"))


def test_a_compiler_that_never_ends_is_ended_with_what_it_started(tmp_path: Path,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "SECONDS", 0.3)
    hanging = script(tmp_path, "hanging", f"sleep 1000 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(NoCompiler, match="did not end within 0.3 seconds"):
        library("int x;", (str(hanging), "hanging 1"))
    child = int((tmp_path / "child").read_text())
    status = Path(f"/proc/{child}/stat")
    assert not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


@needs_compiler
def test_what_is_kept_is_used_again_and_verified(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = find()
    assert answer(library(SOURCE.format(value=21), here)) == 42
    [kept] = (own_cache / "steps").glob("*.so")
    before = kept.read_bytes()
    monkeypatch.setattr(compiler, "_run", lambda *given: pytest.fail("compiled again"))
    assert answer(library(SOURCE.format(value=21), here)) == 42
    monkeypatch.undo()
    monkeypatch.setenv("DLRUN_CACHE", str(own_cache))
    kept.unlink()  # the memory of this process is of the file that was there
    kept.write_bytes(before[:-100] + bytes(100))  # as a disk may leave it
    library(SOURCE.format(value=21), here)
    [again] = (own_cache / "steps").glob("*.so")
    assert again.read_bytes() == before, "the same source gave other code"


@needs_compiler
def test_another_compiler_makes_its_own(own_cache: Path) -> None:
    path, version = find()
    library(SOURCE.format(value=1), (path, version))
    library(SOURCE.format(value=1), (path, f"{version}.1"))
    assert len(list((own_cache / "steps").glob("*.so"))) == 2


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders have no owners here")
def test_nobody_else_may_write_what_is_loaded(own_cache: Path, tmp_path: Path) -> None:
    (own_cache / "steps").mkdir(parents=True, mode=0o777)
    (own_cache / "steps").chmod(0o777)
    assert stat.S_IMODE(private_folder().stat().st_mode) == 0o700
    (own_cache / "steps").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (own_cache / "steps").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NoCompiler, match="not a folder of your own"):
        private_folder()
