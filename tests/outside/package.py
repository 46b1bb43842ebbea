"""Puts the package of this folder where an installation would: its modules and its ``.dist-info``, without pip."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from dlrun.registry import installed, lookup
from dlrun.registry.index import files

PROJECT = Path(__file__).parent / "extra-kinds"
MODULES = "extra_kinds"


def install(site: Path, version: str = "1.0") -> Path:
    """The package as a wheel of this version leaves it in `site`; the folder of its modules."""
    remove(site)
    modules = site / MODULES
    shutil.copytree(PROJECT / MODULES, modules, ignore=shutil.ignore_patterns("__pycache__"))
    info = site / f"{MODULES}-{version}.dist-info"
    info.mkdir()
    entries = re.findall(r'^"([\w.]+)" = "([\w.:]+)"$', (PROJECT / "pyproject.toml").read_text(), re.MULTILINE)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: extra-kinds\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("[dlrun.kinds]\n" + "".join(f"{key} = {value}\n" for key, value in entries))
    listed = [*modules.rglob("*.py"), info / "METADATA", info / "entry_points.txt", info / "RECORD"]
    (info / "RECORD").write_text("".join(f"{path.relative_to(site).as_posix()},,\n" for path in listed))
    forget()
    return modules


def install_editable(site: Path, project: Path) -> Path:
    """The package as ``pip install -e`` leaves it in `site`, its modules in `project`; the folder of its modules.

    Who calls it puts `project` on Python's path, as the ``.pth`` file does in a start of Python.
    """
    modules = install(site)
    modules.rename(project / MODULES)
    (info,) = site.glob(f"{MODULES}-*.dist-info")
    (info / "RECORD").write_text("".join(f"{info.name}/{file.name},,\n" for file in info.iterdir()))
    (info / "direct_url.json").write_text(json.dumps({"dir_info": {"editable": True}, "url": project.as_uri()}))
    forget()
    return project / MODULES


def remove(site: Path) -> None:
    """Take the package away, whatever its version."""
    for path in [*site.glob(f"{MODULES}-*.dist-info"), *site.glob(MODULES)]:
        shutil.rmtree(path)
    forget()


def forget() -> None:
    """What this process knows of installed packages, as if it had just begun."""
    for name in [name for name in sys.modules if name.split(".")[0] == MODULES]:
        del sys.modules[name]
    for group, name in list(lookup._registered):
        if name not in files(group):
            del lookup._registered[group, name]
    installed.entry_points.cache_clear()
