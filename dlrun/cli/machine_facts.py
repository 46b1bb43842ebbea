"""What `dlrun doctor` looks at: packages, processor and devices, data, folders, what loading takes."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, TypedDict

# Behind a colon a function that loads the package of its name, as dlrun loads it.
LOADED = ("numpy", "hydra", "torch", "dlrun.data.formats.vision:torchvision",
          "tensorboard.summary.writer.event_file_writer", "sklearn", "matplotlib.figure", "scipy.stats")
DEPTH = 3  # folders below a data folder that files of standard sets lie in
LEAST_FREE = 1e9  # bytes of disk: checkpoints of a few runs


class PackageAnswer(TypedDict):
    """A package that dlrun can use."""

    name: str
    version: Annotated[str | None, "null where it is not installed."]
    expected: Annotated[str, "The versions that dlrun admits."]
    extra: Annotated[str, "The extras that bring it, with commas between; empty for what dlrun needs."]


class FolderAnswer(TypedDict):
    """A folder that dlrun writes to."""

    use: str
    folder: str
    writable: bool
    free_bytes: int


def packages() -> list[PackageAnswer]:
    """What dlrun needs and can use, by the requirements of its own installation."""
    from packaging.requirements import Requirement

    found: list[PackageAnswer] = []
    for text in metadata.requires("dlrun") or ():
        needed = Requirement(text)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", text)
        if needed.name == "dlrun" or extra and extra[1] in ("dev", "audit", "engines", "docs"):
            continue
        if needed.marker is not None and not needed.marker.evaluate({"extra": extra[1] if extra else ""}):
            continue
        same = next((one for one in found if one["name"] == needed.name), None)
        if same is not None:
            same["extra"] += f", {extra[1]}" if extra and same["extra"] else ""
            continue
        found.append({"name": needed.name, "version": _version(needed.name), "expected": str(needed.specifier),
                      "extra": extra[1] if extra else ""})
    return found


def wrong_packages(found: list[PackageAnswer]) -> Iterator[tuple[str, str]]:
    """What is missing, or of a version that dlrun does not admit: the package, and what is expected."""
    from packaging.specifiers import SpecifierSet

    for one in found:
        if one["version"] is None:
            if not one["extra"]:
                yield one["name"], f"not installed; expected {one['expected']}"
        elif one["version"] not in SpecifierSet(one["expected"], prereleases=True):
            yield f"{one['name']} {one['version']}", f"expected {one['expected']}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def processor() -> dict[str, str | int | float | None]:
    """The processor, its load and the memory."""
    from dlrun.record.cores import cores
    from dlrun.record.provenance import cpu_model

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    names = os.sysconf_names if hasattr(os, "sysconf_names") else {}
    page = os.sysconf("SC_PAGE_SIZE") if "SC_PAGE_SIZE" in names else 0
    total = page * os.sysconf("SC_PHYS_PAGES") if "SC_PHYS_PAGES" in names else None
    free = page * os.sysconf("SC_AVPHYS_PAGES") if "SC_AVPHYS_PAGES" in names else None
    return {"platform": platform.platform(), "cpu": cpu_model(), "cores": cores(),
            "load_of_one_minute": None if load is None else round(load, 2), "memory_bytes": total,
            "free_memory_bytes": free}


def devices() -> list[str]:
    """What torch can train on, each in a line."""
    import torch

    found = [f"cpu ({torch.get_num_threads()} threads)"]
    for place in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        about = torch.cuda.get_device_properties(place)
        found.append(f"cuda:{place} {about.name}, {about.total_memory / 1e9:.1f} GB, compute {about.major}."
                     f"{about.minor}, CUDA {torch.version.cuda}")
    if torch.backends.mps.is_available():
        found.append("mps")
    return found


def data_sets(folders: list[Path]) -> tuple[list[str], list[str]]:
    """The standard data sets that have files below these folders, and those that have none there."""
    from dlrun import registry

    there = [path for folder in folders if folder.is_dir() for path in _below(folder, DEPTH)]
    found: list[str] = []
    missing: list[str] = []
    for name, kind in registry.kinds("dataset").items():
        if kind.hashes and not kind.offline:
            files = {Path(file).name for file in kind.hashes}
            inside = getattr(kind, "torchvision", "")  # the folder that tells files of the same names apart
            has = any(path.name in files and (not inside or inside in path.parts) for path in there)
            (found if has else missing).append(name)
    return found, missing


def _below(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        yield entry
        if depth and entry.is_dir() and not entry.is_symlink():
            yield from _below(entry, depth - 1)


def folder(use: str, place: Path) -> FolderAnswer:
    """Whether a folder, or the nearest one above that is there, takes files; one is written, and removed again."""
    there = next(one for one in (place.absolute(), *place.absolute().parents) if one.is_dir())
    writable = not place.exists() or place.is_dir()
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"dlrun")
            file.flush()
    except OSError:
        writable = False
    return {"use": use, "folder": str(place), "writable": writable, "free_bytes": shutil.disk_usage(there).free}


def loading() -> tuple[dict[str, float], dict[str, str]]:
    """Seconds that each package takes to load after those before it, and what went wrong with those that cannot be.

    They are loaded in a process of their own, which one that is broken may end.  What is not installed is left out.
    """
    names = [name for name in LOADED if find_spec(_package(name)) is not None]
    done = subprocess.run([sys.executable, "-c", _LOAD, *names], capture_output=True, text=True)
    seconds, failed = {}, {}
    for name, line in zip_longest(names, done.stdout.splitlines()):
        package = _package(str(name))
        taken, _, wrong = (line or f" the process that loaded it ended with code {done.returncode}").partition(" ")
        if wrong:
            failed[package] = f"it cannot be loaded ({wrong})"
            if line is None:
                break
        else:
            seconds[package] = float(taken)
    return seconds, failed


def _package(name: str) -> str:
    return name.rpartition(":")[2].partition(".")[0]


# A line for each name: the seconds, then what went wrong.
_LOAD = """
import os, sys, time
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for name in sys.argv[1:]:
    start = time.perf_counter()
    wrong = ""
    try:
        module, _, load = name.partition(":")
        __import__(module)
        if load:
            getattr(sys.modules[module], load)()
    except Exception as error:
        wrong = " ".join(f"{type(error).__name__}: {error}".split())
    print(f"{time.perf_counter() - start:.3f} {wrong}".rstrip(), file=answers, flush=True)
"""
