"""Where a result came from: code, versions, machine, command.  Enough to make it again, or to see why it differs."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from dlrun.record.checkout import checkout_state
from dlrun.record.folder import write_text
from dlrun.record.stored import Damaged, read_file

CODE = "code.txt"  # of a run's folder
_PACKAGE = Path(__file__).parents[1]
_ROOMS = ("assembly", "config", "data", "engine", "metrics", "models", "preflight", "run", "tasks")
_ASIDE = ("config/check/", "config/compose/", "tasks/_plots/")  # what they come to stands in config.yaml, or is drawn
_LINE = re.compile(r"[0-9a-f]{16}  \w+(/\w+)*\.py")
LATELY = 3.0  # seconds: git takes 0.03, as long as the whole end of a short job
_asked: dict[Path, tuple[float, dict[str, Any] | None]] = {}  # by folder: when, and what was answered


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
    source = _PACKAGE if source is None else Path(source)
    workdir = Path.cwd() if workdir is None else Path(workdir)
    own: dict[str, Any] = {
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv if command is None else command),
        "workdir": str(workdir),
        "code": {"dlrun": _loaded(source), "workdir": _lately(workdir)},
        "versions": {"python": platform.python_version(), **_installed("dlrun", "numpy", "hydra-core"),
                     **(versions or {})},
        "platform": platform.platform(),
        "host": platform.node(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
    }
    repeated = sorted(set(own) & set(facts))
    if repeated:
        raise ValueError(f"provenance has these keys already: {', '.join(repeated)}")
    return {**own, **facts}


def other_code(stored: Mapping[str, Any], folder: Path) -> str | None:
    """Which dlrun has made the run in a folder, where it is not this very one: ``dlrun 0.1.0, commit 1a2b3c4``.

    None where the files that can change its numbers are the same, whatever the commit; of a run that has not noted them
    (`stored` is its provenance) where release, commit and changes to it are.
    """
    version, code = ((stored.get(key) or {}).get("dlrun") for key in ("versions", "code"))
    others = other_files(folder)
    if others == [] or others is None and (version == _installed("dlrun")["dlrun"] and code == _loaded(_PACKAGE)):
        return None
    commit = (code or {}).get("commit")
    changed = ", changed" if (code or {}).get("dirty") else ""
    return f"dlrun {version or '(unknown)'}{f', commit {commit[:7]}' if commit else ''}{changed}"


def code_text() -> str:
    """The content of code.txt: each file of dlrun's that this process has loaded and that can change a run's numbers.

    A line each, with the first digits of its SHA-256: data, models, tasks, engine and what puts them together; neither
    commands nor reports, nor a kind that the run does not use.
    """
    return "".join(sorted(_loaded_lines()))


def extend_code(file: Path) -> None:
    """Add to code.txt what was loaded since, or on a resumed run has other content; a run without one gets none."""
    try:
        known = read_file(file, bytes.decode)
    except (FileNotFoundError, Damaged):
        return  # of an older dlrun; or damaged, which `other_files` reports
    text = "".join(sorted({*known.splitlines(keepends=True), *_loaded_lines()}))
    if text != known:
        write_text(file, text, sync=False)


def other_files(folder: Path) -> list[str] | None:
    """The files in code.txt of a run's folder that are other ones in this dlrun; None where it has no code.txt."""
    try:
        return list(_differing(read_file(folder / CODE, bytes.decode)))
    except FileNotFoundError:
        return None
    except Damaged:
        return [CODE]


@lru_cache
def _differing(text: str) -> tuple[str, ...]:
    found = [line.partition("  ") for line in text.splitlines()]
    wrong = any(not _LINE.fullmatch(line) for line in text.splitlines())
    return (CODE,) if wrong else tuple(dict.fromkeys(name for digest, _, name in found if _digest(name) != digest))


def _loaded_lines() -> set[str]:
    names = [name for name in list(sys.modules) if name.startswith("dlrun.")]
    places = {_place(name, getattr(sys.modules.get(name), "__file__", None)) for name in names} - {""}
    return {f"{_digest(place)}  {place}\n" for place in places}


@cache
def _place(name: str, file: str | None) -> str:
    """Where in the package the file of a module lies, "" for one that is left aside."""
    if not file or name.split(".")[1] not in _ROOMS:
        return ""
    place = Path(file).relative_to(_PACKAGE).as_posix()
    return "" if place.startswith(_ASIDE) or place.endswith("/plots.py") else place


@cache
def _digest(name: str) -> str:
    """The first digits of a file's SHA-256, empty where there is none; asked once, as `_loaded` is."""
    try:
        return hashlib.sha256((_PACKAGE / name).read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


@lru_cache
def _loaded(folder: Path) -> dict[str, Any] | None:
    """The state of our own code, asked once: what this process runs is what it loaded, whatever changes later."""
    return checkout_state(folder)


def _lately(folder: Path) -> dict[str, Any] | None:
    """The state of a checkout, of this moment or of the last few seconds: runs that begin together ask git once."""
    now = time.monotonic()
    asked, state = _asked.get(folder, (-math.inf, None))
    if now - asked > LATELY:
        state = checkout_state(folder)
        _asked[folder] = now, state
    return state


@lru_cache
def _installed(*names: str) -> dict[str, str]:
    from importlib import metadata

    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


@lru_cache
def packages() -> str:
    """Every installed package that Python finds, ``name==version`` a line, by the folders of their metadata.

    Reading the metadata itself would take ten times as long.
    """
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            names = sorted(os.listdir(place or "."))
        except OSError:  # a zip archive, or nothing there
            continue
        for entry in names:
            stem, _, end = entry.rpartition(".")
            name, _, rest = stem.partition("-")
            if end in ("dist-info", "egg-info") and rest:  # the first one on the path is imported
                found.setdefault(name.lower().replace("_", "-"), rest.partition("-")[0])
    return "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))


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
