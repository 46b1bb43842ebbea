"""The one place where torchvision is imported.

`import torchvision` beside a torch build that its compiled operators were not made for (a CPU-only torch with
the wheel from PyPI) stops with "operator torchvision::nms does not exist": its Python side registers shapes for
two operators that only the compiled side declares.  Their schemas are declared here when the compiled side does
not load.  Nothing of dlrun calls these operators; datasets and transforms then work as usual.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_kept: list[Any] = []  # a torch.library.Library takes its operators along when it is collected


def torchvision() -> Any:
    """The module torchvision.  Raises ImportError where it is not installed."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("torchvision is not installed")
    if not _kept and not _operators_load(Path(spec.submodule_search_locations[0])):
        import torch

        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(operator + _SCHEMA)
        _kept.append(library)
    import torchvision as module

    return module


def _operators_load(package: Path) -> bool:
    import torch

    for compiled in [*package.glob("_C*.so"), *package.glob("_C*.pyd"), *package.glob("_C*.dylib")]:
        try:
            torch.ops.load_library(str(compiled))
        except (ImportError, OSError):
            return False
        return True
    return False
