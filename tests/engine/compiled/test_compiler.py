"""A compiler that is missing, broken or never ends is a sentence; what is kept is this user's and verified."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import subprocess
import sys
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


def test_a_compiler_may_be_a_command_of_several_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "my cache", 'echo "$1 $2"')
    monkeypatch.setenv("CC", f"'{tmp_path}/my cache' gcc")
    assert find() == (f"'{tmp_path}/my cache' gcc", "gcc --version")
    monkeypatch.setenv("CC", "'gcc")
    with pytest.raises(NoCompiler, match="CC='gcc cannot be read"):
        find()


def test_where_no_other_is_the_package_ziglang_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ziglang").mkdir()
    (tmp_path / "ziglang" / "__init__.py").touch()
    (tmp_path / "ziglang" / "__main__.py").write_text("import sys; print('clang of', *sys.argv[1:])")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find() == (shlex.join([sys.executable, "-m", "ziglang", "cc"]), "clang of cc --version")


def test_gccs_own_options_are_not_told_to_clang(tmp_path: Path) -> None:
    noted = script(tmp_path, "noted", f'echo "$@" >> {tmp_path}/told')
    for version in ("gcc 12", "clang version 19"):
        with pytest.raises(NoCompiler, match="made no library"):
            library("int x;", (str(noted), version))
    gcc, clang = (tmp_path / "told").read_text().splitlines()
    assert "-fvect-cost-model" in gcc and "-fvect-cost-model" not in clang and "-march=native" in clang


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


@needs_compiler
@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
def test_a_library_that_others_could_write_is_made_again(own_cache: Path) -> None:
    """Its name may be right: whoever wrote it when the folder was open has named it by what it holds."""
    here = find()
    library(SOURCE.format(value=3), here)
    [kept] = (own_cache / "steps").glob("*.so")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    library(SOURCE.format(value=99), here)
    [planted] = set((own_cache / "steps").glob("*.so")) - {kept}
    key, content = kept.stem.partition("-")[0], planted.read_bytes()
    planted.unlink()
    kept.unlink()
    forged = kept.with_name(f"{key}-{compiler._digest_of(content)}.so")
    forged.write_bytes(content)
    forged.chmod(0o777)
    assert answer(library(SOURCE.format(value=3), here)) == 6
    assert not forged.exists()
    (own_cache / "steps" / "elsewhere").write_bytes(content)
    forged.symlink_to(own_cache / "steps" / "elsewhere")
    assert answer(library(SOURCE.format(value=3), here)) == 6


@needs_compiler
def test_a_processor_with_other_instructions_makes_its_own(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library(SOURCE.format(value=1), find())
    monkeypatch.setattr(compiler, "_instructions", lambda: "flags : fpu sse2")
    library(SOURCE.format(value=1), find())
    assert len(list((own_cache / "steps").glob("*.so"))) == 2


@needs_compiler
def test_two_processes_may_make_the_same_at_once(own_cache: Path) -> None:
    work = ("import ctypes, sys; from dlrun.engine.compiled.compiler import find, library; "
            f"made = library({SOURCE.format(value=7)!r}, find()); found = ctypes.c_long(0); "
            "made.take(3, (ctypes.c_void_p * 1)(ctypes.addressof(found))); print(found.value)")
    both = [subprocess.Popen([sys.executable, "-c", work], stdout=subprocess.PIPE, text=True,
                             env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) for _ in range(2)]
    assert [process.communicate()[0] for process in both] == ["21\n", "21\n"]
    assert len(list((own_cache / "steps").iterdir())) == 1, "the same library, and nothing half made"


@needs_compiler
def test_a_full_disk_and_a_cache_that_cannot_be_made_are_sentences(own_cache: Path,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(NoCompiler, match="steps cannot be used .No space left on device"):
        library("int x;", find())
    assert list((own_cache / "steps").iterdir()) == []
    monkeypatch.setenv("DLRUN_CACHE", "/proc/nobody/may/write")
    with pytest.raises(NoCompiler, match="cannot be written"):
        library("int x;", find())
