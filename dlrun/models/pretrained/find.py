"""The base that an option names."""

from __future__ import annotations

from pathlib import Path

from dlrun.config.problem import did_you_mean, problem
from dlrun.models.bases._base import Base
from dlrun.registry import find, is_known, names


def run_path(name: str) -> Path | None:
    """The folder of the run that an option names; None for the name of a base."""
    path = Path(name).expanduser()
    return path if path.is_dir() or len(path.parts) > 1 else None


def is_base_name(word: str) -> bool:
    """Whether a base is called so; torch is loaded for a name like those of torchvision's alone."""
    if is_known("base", word):
        return True
    from dlrun.models.pretrained.torchvision_base import FAMILIES
    from dlrun.models.pretrained.torchvision_base import names as of_torchvision

    return word.startswith(FAMILIES) and word in of_torchvision()


def find_base(name: str) -> Base:
    """The base of this name, or that of the run in this folder; raises ConfigError where there is none."""
    path = run_path(name)
    if path is not None:
        from dlrun.models.pretrained.run_base import run_base

        if not path.is_dir():
            raise problem(f"model.base={name}", "there is no such folder of a run")
        return run_base(name, path.resolve(), max((file.stat().st_mtime_ns for file in path.iterdir()), default=0))
    if not is_known("base", name):
        from dlrun.models.pretrained.torchvision_base import TorchvisionBase
        from dlrun.models.pretrained.torchvision_base import names as of_torchvision

        if name in of_torchvision():
            return TorchvisionBase(name)
        known = names("base")
        raise problem(f"model.base={name}", f"expected {', '.join(known)}, a classification network of torchvision, or "
                                            f"the folder of a run{did_you_mean(name, [*known, *of_torchvision()])}")
    base: Base = find("base", name)()
    return base
