"""Where configs and experiments lie: inside the installed package, or in the repository's folder."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

DEBUG = "debug"  # the folder below output_dir of runs that are no results
REPLAYS = "replays"  # that of runs which were trained again to be compared
SWEEPS = "sweeps"  # that of plans
ASIDE = (SWEEPS, DEBUG, REPLAYS)  # what lies in them is no result of its own
_extra: list[Path] = []


@cache
def packaged(folder: str) -> Path:
    """``configs`` or ``experiments`` of dlrun itself.

    A wheel carries them inside the package; an editable install has them beside it.
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


def config_dirs() -> list[Path]:
    """Folders of config groups, first found wins: dlrun's own, ``--config-dir``, ``./configs``."""
    dirs = [packaged("configs"), *_extra, Path.cwd() / "configs"]
    real = {path.resolve(): path for path in reversed(dirs) if path.is_dir()}
    return [path for path in dict.fromkeys(dirs) if real.get(path.resolve()) == path]


def experiment_dirs() -> list[Path]:
    """Folders of experiments, first found wins: dlrun's own, then ``./experiments``."""
    dirs = [packaged("experiments"), Path.cwd() / "experiments"]
    real = {path.resolve(): path for path in reversed(dirs) if path.is_dir()}
    return [path for path in dict.fromkeys(dirs) if real.get(path.resolve()) == path]


def add_config_dir(path: str) -> None:
    """Make ``--config-dir``'s folder known to every composition of this process."""
    _extra.append(Path(path).absolute())


def cache_dir() -> Path:
    """Downloads and decoded arrays: DLRUN_CACHE, else the user's cache folder."""
    if os.environ.get("DLRUN_CACHE"):
        return Path(os.environ["DLRUN_CACHE"]).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("dlrun"))


def user_file(typed: str, data_dir: Path) -> Path:
    """The file or folder that an option names: as it is typed, else below the data's folder; it may be missing."""
    path = Path(typed).expanduser()
    return next((place for place in (path, data_dir / path) if place.exists()), path)


def data_dir(configured: str | None) -> Path:
    """Where data files are looked for: the configured folder, else DLRUN_DATA, else the cache."""
    chosen = configured or os.environ.get("DLRUN_DATA")
    return Path(chosen).expanduser() if chosen else cache_dir() / "data"
