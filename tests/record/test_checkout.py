"""The state of a git checkout is what git says, and nothing that lies in a checkout runs."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess

import pytest

from dlrun.record.checkout import checkout_state, diff_text


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
    assert checkout_state(checkout) == {"commit": head, "diff": None, "untracked": 0, "dirty": False}


def test_uncommitted_changes_are_the_hash_of_what_git_diff_prints(checkout):
    run(checkout, "git add .")
    run(checkout, "git commit -qm first")
    (checkout / "package" / "a.py").write_text("one = 2\n")
    printed = run(checkout, "git diff HEAD")
    assert b"+one = 2" in printed
    state = checkout_state(checkout)
    assert (state["diff"], state["dirty"]) == (hashlib.sha256(printed).hexdigest(), True)
    assert diff_text(state) == printed
    run(checkout, "git add .")  # staged is uncommitted too
    assert checkout_state(checkout)["diff"] == state["diff"]


def test_the_text_of_a_huge_diff_is_not_kept(checkout):
    run(checkout, "git add .")
    run(checkout, "git commit -qm first")
    (checkout / "package" / "a.py").write_text("x\n" * 600_000)
    state = checkout_state(checkout)
    assert len(state["diff"]) == 64 and diff_text(state) == b""
    assert diff_text(None) == b""


def test_only_what_lies_below_the_folder_counts(checkout):
    run(checkout, "git add .")
    run(checkout, "git commit -qm first")
    (checkout / "other.txt").write_text("y\n")
    (checkout / "new.txt").write_text("y\n")
    assert checkout_state(checkout / "package")["dirty"] is False
    (checkout / "package" / "b.py").write_text("two = 2\n")
    state = checkout_state(checkout / "package")
    assert state | {"commit": ""} == {"commit": "", "diff": None, "untracked": 1, "dirty": True}


def test_before_the_first_commit_everything_is_uncommitted(checkout):
    state = checkout_state(checkout)
    assert state["commit"] is None and state["dirty"]


def test_without_a_checkout_or_without_git_there_is_no_state(tmp_path, checkout, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert checkout_state(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert checkout_state(checkout) is None


@pytest.fixture
def trap(checkout, tmp_path):
    """(a program that leaves a mark when it is run, the mark)"""
    mark, program = tmp_path / "mark", tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\necho $0 $@ >> {shlex.quote(str(mark))}\ncat\n")
    program.chmod(0o755)
    run(checkout, "git add .")
    run(checkout, "git commit -qm first")
    return program, mark


# Each vector: settings of the checkout's own configuration, files of it, and a command of git that shows it alive.
VECTORS = {
    "file system monitor": ({"core.fsmonitor": "{}"}, {}, "git status"),
    "clean filter": ({"filter.x.clean": "{}"}, {"code/.gitattributes": "* filter=x\n"}, "git diff HEAD"),
    "process filter": ({"filter.x.process": "{}"}, {"code/.gitattributes": "* filter=x\n"}, "git diff HEAD"),
    "filter by info": ({"filter.x.clean": "{}"}, {"code/.git/info/attributes": "* filter=x\n"}, "git diff HEAD"),
    "textconv": ({"diff.x.textconv": "{}"}, {"code/.gitattributes": "* diff=x\n"}, "git diff HEAD"),
    "diff driver": ({"diff.x.command": "{}"}, {"code/.gitattributes": "* diff=x\n"}, "git diff HEAD"),
    "external diff": ({"diff.external": "{}"}, {}, "git diff HEAD"),
    "hooks": ({"core.hooksPath": "{}.d"}, {}, "git add ."),
    "included configuration": ({"include.path": "../hostile"}, {"code/hostile": "[core]\n\tfsmonitor = {}\n"},
                               "git status"),
    "worktree configuration": ({"extensions.worktreeConfig": "true"},
                               {"code/.git/config.worktree": "[core]\n\tfsmonitor = {}\n"}, "git status"),
    "alias": ({"alias.state": "!{}"}, {}, "git state"),
    "pager": ({"core.pager": "{}"}, {}, "git --paginate diff HEAD"),
}


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_that_a_checkout_names_is_run(checkout, trap, vector):
    program, mark = trap
    settings, files, alive = VECTORS[vector]
    for path, text in files.items():
        (checkout.parent / path).write_text(text.format(program))
    for key, value in settings.items():
        run(checkout, f"git config {key} {shlex.quote(value.format(program))}")
    if vector == "hooks":
        hook = program.with_name("trap.sh.d") / "post-index-change"
        hook.parent.mkdir()
        hook.write_text(program.read_text())
        hook.chmod(0o755)
    (checkout / "package" / "a.py").write_text("one = 3\n")
    os.utime(checkout / "other.txt", (1, 1))  # git has to read it again to see that it is the same

    state = checkout_state(checkout / "package")
    assert state["dirty"] is True and len(state["diff"]) == 64
    assert not mark.exists()

    if vector != "pager":  # which git starts at a terminal only
        subprocess.run(shlex.split(alive), cwd=checkout, capture_output=True, stdin=subprocess.DEVNULL,
                   timeout=20)
        assert mark.exists(), "the trap is no trap"


def test_a_submodule_runs_nothing(checkout, trap, tmp_path):
    program, mark = trap
    run(tmp_path, f"git clone -q {checkout} inner")
    run(checkout, "git -c protocol.file.allow=always submodule --quiet add ../inner")
    run(checkout, "git commit -qm second")
    run(checkout / "inner", f"git config core.fsmonitor {program}")
    (checkout / "inner" / "other.txt").write_text("z\n")
    assert checkout_state(checkout)["dirty"] is False  # what changed in there is not ours
    assert not mark.exists()
    subprocess.run(["git", "status"], cwd=checkout, capture_output=True)
    assert mark.exists(), "the trap is no trap"


def test_missing_objects_are_not_fetched(checkout, trap, tmp_path):
    program, mark = trap
    for key, value in {"remote.origin.url": "ssh://nowhere/x", "remote.origin.promisor": "true",
                       "remote.origin.partialclonefilter": "blob:none", "extensions.partialClone": "origin",
                       "core.repositoryformatversion": "1", "core.sshCommand": f"{program} </dev/null"}.items():
        run(checkout, f"git config {key} {shlex.quote(value)}")
    blob = run(checkout, "git rev-parse HEAD:package/a.py").decode().strip()
    (checkout / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    (checkout / "package" / "a.py").write_text("one = 4\n")
    assert checkout_state(checkout)["diff"] == "unknown"
    assert not mark.exists()
    subprocess.run(["git", "diff", "HEAD"], cwd=checkout, capture_output=True, stdin=subprocess.DEVNULL,
                   timeout=20)
    assert mark.exists(), "the trap is no trap"


def test_asking_changes_nothing_in_the_checkout(checkout, trap):
    os.utime(checkout / "other.txt", (1, 1))
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in checkout.rglob("*") if path.is_file()}
    assert checkout_state(checkout)["dirty"] is False
    assert before == {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in checkout.rglob("*")
                      if path.is_file()}


def test_a_work_tree_a_split_index_and_excluded_files_are_read_as_git_reads_them(checkout, trap, tmp_path):
    run(checkout, "git worktree add -q ../second")
    run(checkout, "git update-index --split-index")
    for folder in (checkout, tmp_path / "second"):
        assert checkout_state(folder)["dirty"] is False
        (folder / "other.txt").write_text("w\n")
        printed = run(folder, "git diff HEAD")
        assert checkout_state(folder)["diff"] == hashlib.sha256(printed).hexdigest()
    (checkout / ".git" / "info" / "exclude").write_text("*.log\n")
    (checkout / "a.log").write_text("x")
    assert checkout_state(checkout)["untracked"] == 0
    (checkout / "b.txt").write_text("x")
    assert checkout_state(checkout)["untracked"] == 1
