"""Where a result came from: code, versions, machine, command.  Enough to make it again, or to see why it differs."""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

_GIT_SECONDS = 2.0


def provenance(
    facts: Mapping[str, Any],
    *,
    versions: Mapping[str, str] | None = None,
    command: Sequence[str] | None = None,
    source: str | os.PathLike[str] | None = None,
    workdir: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """The content of provenance.json, taken when a run starts.

    `facts` is what only the caller knows (device, seeds, speed path, threads, the data's hash and files); it may not
    repeat a key of ours.  `versions` adds to those of python, dlrun, numpy and hydra.  `command` is sys.argv by
    default, `source` dlrun's own package, `workdir` the current folder.
    """
    source = Path(__file__).parents[1] if source is None else Path(source)
    workdir = Path.cwd() if workdir is None else Path(workdir)
    own: dict[str, Any] = {
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv if command is None else command),
        "workdir": str(workdir),
        "code": {"dlrun": _loaded(source), "workdir": git(workdir)},
        "versions": {
            "python": platform.python_version(), **_installed("dlrun", "numpy", "hydra-core"), **(versions or {}),
        },
        "platform": platform.platform(),
        "host": platform.node(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
    }
    repeated = sorted(set(own) & set(facts))
    if repeated:
        raise ValueError(f"provenance has these keys already: {', '.join(repeated)}")
    return {**own, **facts}


def other_code(stored: Mapping[str, Any]) -> str | None:
    """Which dlrun has made a run, by its provenance, where it is not this very one: ``dlrun 0.1.0, commit 1a2b3c4``.

    None where release, commit and changes to it are the same.
    """
    version, code = stored.get("versions", {}).get("dlrun"), stored.get("code", {}).get("dlrun")
    if version == _installed("dlrun")["dlrun"] and code == _loaded(Path(__file__).parents[1]):
        return None
    commit = (code or {}).get("commit")
    changed = ", changed" if (code or {}).get("dirty") else ""
    return f"dlrun {version or '(unknown)'}{f', commit {commit[:7]}' if commit else ''}{changed}"


@lru_cache
def _loaded(folder: Path) -> dict[str, Any] | None:
    """The state of our own code, asked once: what this process runs is what it loaded, whatever changes later."""
    return git(folder)


def git(folder: Path) -> dict[str, Any] | None:
    """The state of the checkout at `folder`; None where there is none, or no git.

    ``commit`` is None before the first commit.  ``diff`` is the sha256 of ``git diff HEAD -- .`` (changes below
    `folder`), None when clean; ``untracked`` counts files below it that git neither knows nor ignores.  Both are
    "unknown" where git takes longer than two seconds.
    """
    if _git(folder, "rev-parse", "--is-inside-work-tree") != b"true\n":
        return None
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    state: dict[str, Any] = {"commit": commit.decode().strip() if commit else None, "diff": "unknown"}
    if commit:
        diff = _git(folder, "diff", "--no-ext-diff", "--no-color", "HEAD", "--", ".")
        state["diff"] = "unknown" if diff is None else hashlib.sha256(diff).hexdigest() if diff else None
    names = _git(folder, "ls-files", "--others", "--exclude-standard", "--directory", "-z", "--", ".")
    state["untracked"] = "unknown" if names is None else names.count(b"\0")
    state["dirty"] = bool(state["untracked"]) or state["diff"] is not None
    return state


def _git(folder: Path, *words: str) -> bytes | None:
    """What git prints, None when it fails, is missing or takes too long."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, timeout=_GIT_SECONDS, stdin=subprocess.DEVNULL,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _installed(*names: str) -> dict[str, str]:
    from importlib import metadata

    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def cpu_model() -> str:
    """The processor's name as its maker writes it, else its architecture."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        brand = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True)
        if brand.returncode == 0:
            return brand.stdout.strip()
    return platform.processor() or platform.machine()
