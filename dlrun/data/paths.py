"""Finding source files, and saying what is missing."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dlrun import registry
from dlrun.config.problem import ConfigError, nearest, problem
from dlrun.data import cache


def _offline() -> str:
    *names, last = [name for name, dataset in registry.kinds("dataset").items() if dataset.offline]
    return f"{', '.join(names)} and {last} run without any file"


def roots(data_dir: str) -> list[Path]:
    """The folders that standard sets are looked for in, in order: the user's, then the cache's own `data`."""
    return [Path(data_dir).expanduser(), cache.folder() / "data"]


def own(given: str, *, directory: bool = False, key: str = "path") -> Path:
    """The user's own file or folder, as typed for `key`.  ConfigError where it is not there, with the nearest names."""
    path = Path(given).expanduser()
    if path.is_dir() if directory else path.is_file():
        return path
    what, other = ("folder", "file") if directory else ("file", "folder")
    if path.exists():
        found = other if path.is_dir() or path.is_file() else "pipe or a device"
        raise problem(f"dataset.{key}={given}", f"expected a {what}; this is a {found}")
    raise problem(f"dataset.{key}={given}", f"no such {what}{beside(path)}")


def beside(missing: Path) -> str:
    """The end of a sentence on a missing file: the names that are like it, else what its folder has."""
    parent = missing.parent
    if not parent.is_dir():
        return f"; the folder {parent} does not exist either"
    names = sorted(path.name for path in parent.iterdir() if not path.name.startswith("."))
    close = nearest(missing.name, names, 3)
    if close:
        return f"; did you mean  {'  or  '.join(str(parent / name) for name in close)}"
    shown = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
    return f"; {parent.resolve()} has {shown or 'nothing in it'}"


def standard(kind: str, data_dir: str, names: list[str]) -> Path:
    """The first of several files (or folders), relative to a data folder, that is there.  Raises ConfigError."""
    for root in roots(data_dir):
        for name in names:
            if (root / name).exists():
                return root / name
    raise problem(f"dataset={kind}",
                  f"its file is not here; put {' or '.join(names)} into {_places(data_dir)}; {_offline()}")


def absent(kind: str, data_dir: str, files: str, reason: str) -> ConfigError:
    """The problem of a standard set that is neither there nor to be had."""
    return problem(
        f"dataset={kind}",
        f"its files are not here and could not be downloaded ({reason}); put {files} into {_places(data_dir)}; "
        f"{_offline()}",
    )


def _places(data_dir: str) -> str:
    """The folders that are looked into, each once, and how to name another one."""
    return f"{' or '.join(dict.fromkeys(map(str, roots(data_dir))))} (or name their folder by DLRUN_DATA)"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            sha.update(block)
    return sha.hexdigest()
