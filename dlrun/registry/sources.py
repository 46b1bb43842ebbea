"""The source of a kind of the user's own, which is part of what its runs are."""

from __future__ import annotations

import hashlib
import inspect
import sys
from pathlib import Path
from typing import Any


def module_file(module: str) -> Path | None:
    """The file of a module, found without running it; the working folder is looked at first."""
    parts = module.split(".")
    for folder in [Path.cwd(), *map(Path, sys.path)]:
        for file in (folder.joinpath(*parts).with_suffix(".py"), folder.joinpath(*parts, "__init__.py")):
            if file.is_file():
                return file
    return None


def source_hash(kind: Any) -> str:
    """SHA-256 of the file that a class stands in, or of its own source where there is no file (a notebook)."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    content = Path(file).read_bytes() if file else inspect.getsource(kind).encode()
    return hashlib.sha256(content).hexdigest()
