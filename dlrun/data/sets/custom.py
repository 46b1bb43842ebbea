"""A user's data set: a class or function that returns arrays, or a torch Dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun import registry
from dlrun.config.problem import problem
from dlrun.config.schema.fields import MISSING, choice, free, mapping, text
from dlrun.config.schema.kind import OwnClass
from dlrun.data.dataset_spec import DatasetInfo
from dlrun.data.sets import _options as options
from dlrun.data.sets._arrays import ArrayData, info_of
from dlrun.data.sets._base import Say
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.row_stream import InMemory
    from dlrun.data.source import RawDataset

_read: dict[str, RawDataset] = {}  # by what was called with what, for the whole process


@register("dataset", "custom")
@dataclass(frozen=True)
class Custom(OwnClass, ArrayData):
    """Data of your own code, by a file that names it: `_target_: module.thing`, allowed by allow=module.

    The class or function is called with the file's other keys; those that are options of this kind, as `test`, are
    dlrun's.  It returns ``(x, y)``, or a dict with x_train, y_train (and x_val, y_val,
    x_test, y_test, classes, features), or an object with ``len()`` and rows ``(x, y)``, such as a torch Dataset, or a
    dict of these: train (and val, test).  With this in ``waves.py`` ::

        import numpy as np

        def waves(rows=200):
            x = np.random.RandomState(0).randn(rows, 8).astype("float32")
            return x, (x.sum(1) > 0).astype(int)

    and this in ``configs/dataset/waves.yaml`` ::

        # Waves of my own.
        _target_: waves.waves
        rows: 400
        test: 0.25

    ``dlrun dataset=waves model=dense allow=waves`` trains on it.  A run is identified by the source of the module and
    the arguments; random numbers of a function that returns arrays should come from a seed of their own.

    Rows of a Dataset may draw (augmentation in ``__getitem__``) from torch's, NumPy's and Python's generators of the
    process: for each row they begin at (seed, epoch, row), so that a run can be repeated and resumed; a row that is
    measured is the same each time.
    """

    suggests: ClassVar[Mapping[str, Any]] = {}  # code says what it gives; its runs stay what they were
    target_scale: str = options.target_scale()
    target: str = text(MISSING, "module.thing that is called.")
    in_memory: InMemory = choice(
        "auto", ("auto", True, False), "Hold the rows of a Dataset, or of numpy.memmap, in memory; auto: up to 2 GiB.  "
        "What is not held is read as steps need it.")
    args: dict[str, Any] = mapping(None, "What it is called with.")
    source: str = free("", "Hash of the module's source.")

    def info(self, data_dir: str) -> DatasetInfo:
        """Spec and rows; the user's code is called."""
        return info_of(self.read(data_dir, lambda line: None))

    def read(self, data_dir: str, say: Say) -> RawDataset:
        """What the code returns, checked; called once in a process."""
        from dlrun.data.formats.objects import dataset_of
        from dlrun.data.source import complete

        key = json.dumps([self.target, self.args, self.source, self.targets, self.layout, self.in_memory],
                         sort_keys=True, default=str)
        if key not in _read:
            given = f"dataset._target_={self.target}"
            _read[key] = complete(dataset_of(self._call(), given, self.targets, self.layout, self.in_memory))
        return _read[key]

    def _call(self) -> Any:
        """The object that the code returns; what it raises itself goes through as it is."""
        from dlrun.config.own_arguments import wrong_argument

        made = registry.load(self.target)
        args = self.args or {}
        name, wrong = wrong_argument(made, args)
        if wrong:
            raise problem(f"dataset.{name}", f"{self.target}: {wrong}")
        return made(**args)
