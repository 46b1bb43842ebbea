"""Folders of runs and sweeps may come from elsewhere: what dlrun writes there lands there, and nowhere else."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.record import metrics
from dlrun.record.events import truncate_superseded
from dlrun.record.folder import RunFolder, clear, write_text
from dlrun.record.lock import RunLock
from dlrun.record.own_file import remove_halves, replacing
from tests.helpers.house import PACKAGE

RUN = ("dataset=digits", "model=dense", "epochs=1", "max_steps=1", "train_size=64")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "victim"
    path.parent.mkdir()
    path.write_text("mine\n")
    return path


def test_a_lock_that_is_a_link_is_refused_and_its_target_stays(tmp_path: Path, victim: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "lock").symlink_to(victim)
    with pytest.raises(ConfigError, match="it is a link"):
        RunLock(tmp_path / "run").__enter__()
    assert victim.read_text() == "mine\n"


@pytest.mark.parametrize("change", [
    lambda path: metrics.append(path, {"epoch": 1}), metrics.mend, truncate_superseded])
def test_what_is_changed_in_place_is_no_link(tmp_path: Path, victim: Path, change):
    link = tmp_path / "link"
    link.symlink_to(victim)
    with pytest.raises(OSError, match="it is a link"):
        change(link)
    assert victim.read_text() == "mine\n"


def test_what_is_replaced_replaces_the_link(tmp_path: Path, victim: Path):
    link = tmp_path / "result.json"
    link.symlink_to(victim)
    write_text(link, "new")
    assert (victim.read_text(), link.read_text(), link.is_symlink()) == ("mine\n", "new", False)


def test_names_of_temporary_files_cannot_be_foreseen(tmp_path: Path):
    names = set()
    for _ in range(3):
        with replacing(tmp_path / "x") as file:
            names.add(file.name)
    assert len(names) == 3 and [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path):
    write_text(tmp_path / "x", "old")
    with pytest.raises(RuntimeError), replacing(tmp_path / "x") as file:
        file.write(b"new")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["x"] and (tmp_path / "x").read_text() == "old"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "metrics.jsonl")
    with pytest.raises(OSError, match="not a regular file"):
        metrics.append(tmp_path / "metrics.jsonl", {"epoch": 1})
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(ConfigError, match="not a regular file"):
        RunLock(tmp_path).__enter__()


def test_clearing_a_link_leaves_its_target(tmp_path: Path, victim: Path):
    link = tmp_path / "run"
    link.symlink_to(victim.parent)
    with pytest.raises(ConfigError, match="it is a link to"):
        clear(RunFolder(link))
    assert victim.read_text() == "mine\n"


@pytest.mark.parametrize("words", [(), ("force=true",)])
@pytest.mark.parametrize("place", ["", "checkpoints", "pictures"])
def test_a_run_does_not_write_through_a_link(go, victim: Path, words, place, capsys):
    folder = go(*RUN).folder
    target = victim.parent
    if place:
        (folder / "result.json").unlink()
        moved = folder / place
    else:
        moved = folder
    for path in sorted(moved.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    moved.rmdir()
    moved.symlink_to(target)
    assert route([*RUN, *words, "threads=1", "device=cpu"]) == 2
    said = capsys.readouterr().err
    assert "it is a link to" in said and "Traceback" not in said
    assert [path.name for path in target.iterdir()] == ["victim"] and victim.read_text() == "mine\n"


@pytest.mark.parametrize("place", ["a file", "read-only"])
@pytest.mark.parametrize("first", [(), ("-m", "seed=0,1")])
def test_a_folder_that_cannot_be_written_is_named(folder: Path, capsys, place, first, monkeypatch):
    if place == "a file":
        (folder / "out").write_text("")
    else:
        def refused(self, *_args, **_more):
            if self.exists():
                return
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(Path, "mkdir", refused)
    assert route([*first, *RUN, "output_dir=out", "threads=1", "device=cpu"]) == 2
    said = capsys.readouterr().err
    assert "can't be written" in said and "out" in said and "Traceback" not in said


# The cache's entries, and steps that are compiled, lie in a fresh folder of their own until they are whole; reference
# pages are this repository's.
FREE = {"dlrun.data.cache", "dlrun.cli.reference", "dlrun.record.own_file", "dlrun.record.checkout",
        "dlrun.engine.compiled.compiler"}


def test_nothing_else_opens_a_file_for_writing():
    found = set()
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or module in FREE:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            modes = [argument.value for argument in [*node.args, *(word.value for word in node.keywords)]
                     if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
            on_a_module = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
            if name in ("write_text", "write_bytes") and isinstance(node.func, ast.Attribute) or (
                    name == "open" and any(set(mode) <= set("rwxab+t") and set(mode) & set("wxa+") for mode in modes)
                    and "os.devnull" not in ast.unparse(node) and "closefd" not in ast.unparse(node)) or (
                    name in ("savefig", "save") and on_a_module and "path" in map(ast.unparse, node.args)):
                found.add(f"{module}: {ast.unparse(node)[:60]}")
    assert found == {"dlrun.record.events: open(self.path, 'xb')"}  # a new file under a new name


def test_halves_of_killed_writers_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    for name in (".a.json.0123456789abcdef.tmp", ".b.json.0123456789abcdef.tmp", ".a.json.tmp"):
        (tmp_path / name).write_bytes(b"half")
    with replacing(tmp_path / "a.json") as file:
        remove_halves(tmp_path, "a.json")
        file.write(b"whole")
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", ".b.json.0123456789abcdef.tmp", ".a.json.tmp"}
    assert (tmp_path / "a.json").read_bytes() == b"whole"
