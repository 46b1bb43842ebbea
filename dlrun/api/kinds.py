"""What code of your own builds on: the contracts of each kind, the fields of their options, and `register`.

    from dlrun.api.kinds import Layer, integer, register

Each name is loaded when it is first used, so that a module that only declares options loads no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlrun.api.register import register
    from dlrun.config.schema.fields import (
        choice,
        file,
        flag,
        free,
        integer,
        integers,
        mapping,
        number,
        numbers,
        size,
        text,
        texts,
    )
    from dlrun.config.schema.optimizer import Optimizer
    from dlrun.data.augmentations._base import Augmentation
    from dlrun.data.dataset_spec import DatasetInfo, DatasetSpec
    from dlrun.data.sets._base import Dataset
    from dlrun.data.source import RawDataset
    from dlrun.engine.callbacks import Callback
    from dlrun.engine.schedules._base import Schedule
    from dlrun.models.layer import Layer
    from dlrun.models.model import ListModel, Model
    from dlrun.record.metric import Metric
    from dlrun.sweep.execute.by_files import run_by_files
    from dlrun.sweep.execute.launcher import Launcher
    from dlrun.sweep.execute.polled import PolledLauncher
    from dlrun.sweep.execute.run_job import run_job
    from dlrun.tasks._base.batch import Batch
    from dlrun.tasks._base.generation import GenerateOptions, Pictures
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.prediction import Column
    from dlrun.tasks._base.spec import TaskSpec
    from dlrun.tasks._base.task import Task

__all__ = ["Augmentation", "Batch", "Callback", "Column", "Dataset", "DatasetInfo", "DatasetSpec", "GenerateOptions",
           "Launcher", "Layer", "ListModel", "Metric", "Model", "Optimizer", "Pictures", "Plots", "PolledLauncher",
           "RawDataset", "Schedule", "Task", "TaskSpec", "choice", "flag", "file", "free", "integer", "integers",
           "mapping", "number", "numbers", "register", "run_by_files", "run_job", "size", "text", "texts"]
_FIELDS = ("choice", "file", "flag", "free", "integer", "integers", "mapping", "number", "numbers", "size", "text",
           "texts")


def __getattr__(name: str) -> Any:
    """One of the names above."""
    module: Any
    if name in _FIELDS:
        from dlrun.config.schema import fields as module
    elif name == "register":
        from dlrun.api import register as module
    elif name == "Optimizer":
        from dlrun.config.schema import optimizer as module
    elif name == "Augmentation":
        from dlrun.data.augmentations import _base as module
    elif name in ("DatasetInfo", "DatasetSpec"):
        from dlrun.data import dataset_spec as module
    elif name == "Dataset":
        from dlrun.data.sets import _base as module
    elif name == "RawDataset":
        from dlrun.data import source as module
    elif name == "Callback":
        from dlrun.engine.callbacks import _base as module
    elif name == "Schedule":
        from dlrun.engine.schedules import _base as module
    elif name == "Layer":
        from dlrun.models import layer as module
    elif name in ("ListModel", "Model"):
        from dlrun.models import model as module
    elif name == "Metric":
        from dlrun.record import metric as module
    elif name == "Launcher":
        from dlrun.sweep.execute import launcher as module
    elif name == "PolledLauncher":
        from dlrun.sweep.execute import polled as module
    elif name == "run_by_files":
        from dlrun.sweep.execute import by_files as module
    elif name == "run_job":
        from dlrun.sweep.execute import run_job as module
    elif name == "Batch":
        from dlrun.tasks._base import batch as module
    elif name in ("GenerateOptions", "Pictures"):
        from dlrun.tasks._base import generation as module
    elif name == "Plots":
        from dlrun.tasks._base import plots as module
    elif name == "Column":
        from dlrun.tasks._base import prediction as module
    elif name == "TaskSpec":
        from dlrun.tasks._base import spec as module
    elif name == "Task":
        from dlrun.tasks._base import task as module
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(module, name)
