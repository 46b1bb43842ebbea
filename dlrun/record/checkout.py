"""The state of a git checkout, asked in a way in which nothing that lies in the checkout can run."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

_SECONDS = 2.0  # that git may take for one question
_MOST = 1 << 20  # bytes of a diff whose text is kept
_texts: dict[str, bytes] = {}  # of the diffs that this process has seen, by their sha256

# Variables that point git at another repository, or name programs that it should start.
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_ATTR_SOURCE")

# Settings of a repository that say how its files lie on this disk; none of them names a program or a folder.
_PLAIN = r"^(core\.(filemode|symlinks|ignorecase|autocrlf|eol|precomposeunicode)|extensions\.objectformat)$"

# What is off in every call, whatever a configuration says.
_OFF = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.sshCommand=false",
        "-c", "protocol.allow=never")


def checkout_state(folder: Path) -> dict[str, Any] | None:
    """The state of the checkout at `folder`; None where there is none, or no git.

    ``commit`` is None before the first commit.  ``diff`` is the sha256 of ``git diff HEAD -- .`` (changes below
    `folder`), None when clean; ``untracked`` counts files below it that git neither knows nor ignores.  Both are
    "unknown" where git takes longer than two seconds.

    A checkout may come from anywhere, and its ``.git/config`` names programs for git to run (file system monitors,
    filters, diff drivers, hooks, ssh).  So git is only asked where the checkout lies and for its commit; what compares
    files runs in an empty repository with a configuration of ours, that borrows the checkout's index and objects.
    """
    asked = _git(folder, "rev-parse", "--is-inside-work-tree", "--show-toplevel", "--git-path", "index",
                 "--git-path", "objects", "--git-path", "info/exclude")
    found = (asked or b"").decode(errors="surrogateescape").split("\n")[:-1]
    if len(found) != 5 or found[0] != "true":
        return None
    top, index, objects, exclude = (Path(folder, line).absolute() for line in found[1:])
    commit = (_git(folder, "rev-parse", "--verify", "--quiet", "HEAD") or b"").decode().strip() or None
    state: dict[str, Any] = {"commit": commit, "diff": "unknown", "untracked": "unknown"}
    try:
        with tempfile.TemporaryDirectory(prefix="dlrun-") as own:
            _borrow(Path(own), index, objects, _git(folder, "config", "--local", "--null", "--get-regexp", _PLAIN))
            state |= _compared(Path(own), folder.absolute(), top, commit, exclude)
    except OSError:
        pass  # no room for a temporary folder, or an index that is not readable: it stays unknown
    state["dirty"] = bool(state["untracked"]) or state["diff"] is not None
    return state


def diff_text(state: dict[str, Any] | None) -> bytes:
    """The text of the diff of a `checkout_state` of this process; empty where it is clean, unknown or above 1 MiB."""
    return _texts.get((state or {}).get("diff") or "", b"")


def _borrow(own: Path, index: Path, objects: Path, settings: bytes | None) -> None:
    """Make a repository in `own` with a copy of an index and the objects of another; its configuration is ours."""
    for name in ("refs", "objects/info"):
        (own / name).mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "objects" / "info" / "alternates").write_bytes(os.fsencode(objects) + b"\n")
    values = dict(entry.partition("\n")[::2] for entry in (settings or b"").decode(errors="replace").split("\0"))
    sha256 = values.pop("extensions.objectformat", "") == "sha256"
    lines = ["[core]", f"repositoryformatversion = {int(sha256)}", "bare = false"]
    lines += [f"{key.partition('.')[2]} = {value}" for key, value in values.items()
              if value in ("true", "false", "input", "lf", "crlf", "native")]
    lines += ["[extensions]", "objectFormat = sha256"] if sha256 else []
    (own / "config").write_text("\n".join(lines) + "\n")
    for file in [index, *index.parent.glob("sharedindex.*")]:
        if file.exists() and stat.S_ISREG(file.stat().st_mode):
            shutil.copy2(file, own / file.name)  # with its time, by which git knows the files that it must read


def _compared(own: Path, folder: Path, top: Path, commit: str | None, exclude: Path) -> dict[str, Any]:
    """``diff`` and ``untracked`` of `folder`, by the repository `own`."""
    place = ("--git-dir", str(own), "--work-tree", str(top))
    found: dict[str, Any] = {}
    if commit:
        diff = _git(folder, *place, "diff", "--no-ext-diff", "--no-textconv", "--no-color",
                    "--submodule=short", "--ignore-submodules=dirty", commit, "--", ".")
        found["diff"] = "unknown" if diff is None else hashlib.sha256(diff).hexdigest() if diff else None
        if diff and len(diff) <= _MOST:
            _texts[found["diff"]] = diff
    ignored = ("--exclude-from", str(exclude)) if exclude.is_file() else ()
    names = _git(folder, *place, "ls-files", "--others", "--exclude-standard", *ignored, "--directory", "-z",
                 "--", ".")
    found["untracked"] = "unknown" if names is None else names.count(b"\0")
    return found


def _git(folder: Path, *words: str) -> bytes | None:
    """What git prints, None when it fails, is missing or takes too long."""
    environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_PAGER": "cat"}
    try:
        done = subprocess.run(["git", *_OFF, "-C", str(folder), *words], capture_output=True, timeout=_SECONDS,
                              stdin=subprocess.DEVNULL, env=environment)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
