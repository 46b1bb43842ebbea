"""What code of your own builds on: the contracts of each kind, the fields of their options, and `register`.

    from dlrun.api.kinds import Layer, integer, register

Each name is loaded when it is first used, so that a module that only declares options loads no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlrun.api.register import register
    from dlrun.config.schema.fields import choice, flag, free, integer, integers, mapping, number, numbers, text, texts
    from dlrun.config.schema.optimizer import Optimizer
    from dlrun.data.augmentations._base import Augmentation
    from dlrun.engine.callbacks import Callback
    from dlrun.engine.schedules._base import Schedule
    from dlrun.models.layer import Layer
    from dlrun.record.metric import Metric
    from dlrun.tasks._base.batch import Batch
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.spec import TaskSpec
    from dlrun.tasks._base.task import Task

__all__ = ["Augmentation", "Batch", "Callback", "Layer", "Metric", "Optimizer", "Plots", "Schedule", "Task", "TaskSpec",
           "choice", "flag", "free", "integer", "integers", "mapping", "number", "numbers", "register", "text", "texts"]
_FIELDS = ("choice", "flag", "free", "integer", "integers", "mapping", "number", "numbers", "text", "texts")


def __getattr__(name: str) -> Any:
    """One of the names above."""
    if name in _FIELDS:
        from dlrun.config.schema import fields as module
    elif name == "register":
        from dlrun.api import register as module  # type: ignore[no-redef]
    elif name == "Optimizer":
        from dlrun.config.schema import optimizer as module  # type: ignore[no-redef]
    elif name == "Augmentation":
        from dlrun.data.augmentations import _base as module  # type: ignore[no-redef]
    elif name == "Callback":
        from dlrun.engine.callbacks import _base as module  # type: ignore[no-redef]
    elif name == "Schedule":
        from dlrun.engine.schedules import _base as module  # type: ignore[no-redef]
    elif name == "Layer":
        from dlrun.models import layer as module  # type: ignore[no-redef]
    elif name == "Metric":
        from dlrun.record import metric as module  # type: ignore[no-redef]
    elif name == "Batch":
        from dlrun.tasks._base import batch as module  # type: ignore[no-redef]
    elif name == "Plots":
        from dlrun.tasks._base import plots as module  # type: ignore[no-redef]
    elif name == "TaskSpec":
        from dlrun.tasks._base import spec as module  # type: ignore[no-redef]
    elif name == "Task":
        from dlrun.tasks._base import task as module  # type: ignore[no-redef]
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(module, name)
