"""A trained run as an object: everything comes from its folder."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.api.history import History
from dlrun.config.problem import problem
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read

if TYPE_CHECKING:
    import torch

    from dlrun.inference.evaluation import Evaluation
    from dlrun.inference.load import Loaded


_INTEGER = re.compile("0|-?[1-9][0-9]{0,18}")


class Run:
    """The run in a folder.

    `result` is the content of result.json (metrics under "train", "val", "test"; accuracies are fractions), `history`
    the curves.  Nothing of torch is loaded before the model is used.

    >>> run = open_run("runs/digits-cnn-adam/9153d70c0c")  # doctest: +SKIP
    >>> run.result["test"]["accuracy"], min(run.history["val/loss"])  # doctest: +SKIP
    (0.9889, 0.0457)
    """

    def __init__(self, folder: Path, allow: tuple[str, ...] = ()):
        self.folder = Path(folder)
        self._allow = allow

    @property
    def id(self) -> str:
        """Ten hexadecimal digits; the folder's name where there is no result yet."""
        return str(self.result.get("id", self.folder.name))

    @property
    def status(self) -> str:
        """finished, stopped, diverged, out_of_memory, interrupted or failed; "unfinished" while there is no result."""
        return str(self.result.get("status", "unfinished"))

    @property
    def result(self) -> dict[str, Any]:
        """The content of result.json, read again each time; empty while the run has none."""
        return RunFolder(self.folder).result() or {}

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration by dotted key."""
        return dict(self.result.get("config", {}))

    @property
    def history(self) -> History:
        """The curves so far: ``run.history["val/loss"]``."""
        return History.of(read(RunFolder(self.folder).metrics))

    def predict(self, x: Any, proba: bool = False) -> np.ndarray:
        """What the run's network predicts of new rows, preprocessed as its training rows were.

        Of a classifier the names of classes (rows,), integers where all of the run's are; of a regression numbers in
        the target's unit; of several targets, labels or latents a column each.  With `proba` the probabilities (rows,
        classes), in the order of ``run.classes``.  `x` as in `preprocess`.  Raises ConfigError for rows that do not
        fit, and where the task predicts nothing (or has no probabilities).
        """
        from dlrun.inference.new_rows import inputs_of

        loaded = self._loaded
        columns = [column for column in loaded.predictions(inputs_of(loaded.kept, x)) if column.probability == proba]
        if not columns:
            raise problem("proba=True", f"a task of the kind {loaded.config.task.kind} has no probabilities")
        spec = loaded.data_spec
        classes = {head.name: head.classes for head in spec.heads}
        values = [_numbers(column.values, classes.get(column.name, spec.classes)) for column in columns]
        return values[0] if len(values) == 1 and not proba else np.stack(values, axis=1)

    def evaluate(self, x: Any, y: Any) -> dict[str, float]:
        """All metrics on new rows with their targets, measured as the test rows were; nothing is written.

        `y` holds names of classes, numbers in the target's unit, 0 and 1 for labels, or a column for each of several
        targets.  Raises ConfigError for a row whose target is missing or does not fit.
        """
        return self.evaluation(x, y, resamples=0).values

    def evaluation(self, x: Any, y: Any, groups: Sequence[Any] | None = None, resamples: int = 1000) -> Evaluation:
        """The same with an interval for each metric, over rows and not over seeds: ``.values``, ``.intervals``.

        `groups` has a name for each row; rows of one name (a patient) are drawn together.  Windows of a series are
        drawn in blocks.
        """
        from dataclasses import replace

        from dlrun.inference.new_rows import inputs_of
        from dlrun.inference.new_targets import targets_of
        from dlrun.inference.units import Groups

        loaded = self._loaded
        rows = inputs_of(loaded.kept, x)
        if groups is not None and len(groups) != len(rows):
            raise problem(f"{len(groups):,} groups", f"expected one for each of the {len(rows):,} rows")
        named = None if groups is None else Groups([str(name) for name in groups], "groups")
        return loaded.evaluate(replace(rows, y=targets_of(loaded.kept, y, len(rows))), named, resamples=resamples)

    def preprocess(self, raw: Any) -> torch.Tensor:
        """New rows as the network sees them, float32 (or ids) on the CPU.

        `raw` is an array, tensor or list of rows in the form of the training data, a data frame, or a list of texts or
        picture files.
        """
        import torch

        from dlrun.data import preprocessing_state
        from dlrun.data.batches import Rows
        from dlrun.inference.new_rows import inputs_of

        kept = self._loaded.kept
        rows = Rows(inputs_of(kept, raw), preprocessing_state.scale(kept), torch.device("cpu"), resident=True)
        return rows.range(0, rows.count)[0]

    def load_model(self, weights: str = "measured") -> torch.nn.Module:
        """The network as a PyTorch module on the CPU, in evaluation mode, with its own copy of the weights.

        "measured" are the weights that the result was measured with, "best" those of the best epoch, "last" the last.
        """
        return self._load(weights).model

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes or labels, in the order of the probabilities; empty for other targets."""
        return self._loaded.data_spec.classes

    @cached_property
    def _loaded(self) -> Loaded:
        return self._load("measured")

    def _load(self, weights: str) -> Loaded:
        from dlrun.inference.load import load_run
        from dlrun.inference.trained_folder import changed_code

        loaded = load_run(self.folder, self._allow, weights)
        if note := changed_code(self.folder):
            warnings.warn(note, stacklevel=3)
        return loaded

    def __repr__(self) -> str:
        from dlrun.record.metric import metrics_of

        result = self.result
        split = next((split for split in ("test", "val", "train") if result.get(split)), "")
        shown = f", {split} {metrics_of(result).sentence(result[split])}" if split else ""
        return f"<Run {self.folder.parent.name}/{self.folder.name} {self.status}{shown}>"

    def _repr_html_(self) -> str:
        from dlrun.api.display import table
        from dlrun.record.metric import metrics_of

        result = self.result
        splits = [split for split in ("train", "val", "test") if result.get(split)]
        known = metrics_of(result)
        names = list(dict.fromkeys(name for split in splits for name in result[split] if not known.of(name).minor))
        rows = [[split, *(result[split].get(name) for name in names)] for split in splits]
        return f"<p>{self.folder.parent.name}/{self.folder.name}: {self.status}</p>{table(['', *names], rows)}"


def _numbers(values: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Names of classes as integers where all of the run's are written as integers are, whichever these rows have."""
    if values.dtype.kind == "U" and classes and all(map(_INTEGER.fullmatch, classes)) and (
            -2**63 <= min(map(int, classes)) and max(map(int, classes)) < 2**63):
        return values.astype(np.int64)
    return values


def open_run(folder_or_id: str | Path, output_dir: str | Path = "runs", allow: str | tuple[str, ...] = ()) -> Run:
    """The run in a folder, or the one below `output_dir` whose id begins with these letters.

    `allow` names the module of a class of your own.  Raises ConfigError where there is no such run, or several.
    """
    from dlrun.report.find import locate

    folder = Path(folder_or_id).expanduser()
    if not folder.is_dir():
        folder = locate(str(folder_or_id), Path(output_dir).expanduser())
    if not (folder / "config.yaml").is_file():
        raise problem(str(folder_or_id), "expected the folder of a run; it has no config.yaml")
    return Run(folder, (allow,) if isinstance(allow, str) else tuple(allow))
