"""A finished run, ready to be used on new input: everything comes from its folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import nn

from dlrun.assembly.measure import measure
from dlrun.assembly.network import make_network
from dlrun.config.check.check import check
from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.kfold import own_seed
from dlrun.config.schema.root import Config
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.batches import Rows, in_order
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.prepared import Split
from dlrun.engine.checkpoint import read
from dlrun.models.step_rng import StepRng
from dlrun.preflight.design import design
from dlrun.record.folder import RunFolder, read_json
from dlrun.registry import allow as permit
from dlrun.tasks._base.context import BuildContext
from dlrun.tasks._base.prediction import Column
from dlrun.tasks._base.task import Task

ROWS = 256


@dataclass(frozen=True)
class Loaded:
    """A run's model with the weights that its result was measured with, on the CPU, in evaluation mode.

    `kept` is what was fitted on its training rows (vocabulary, scales, settings); see data.preprocessing_state.
    """

    config: Config
    data_spec: DatasetSpec
    model: nn.Module
    task: Task
    rng: StepRng
    kept: dict[str, Any]

    def outputs(self, split: Split) -> torch.Tensor:
        """What the task reads of the model for new rows (rows, ...); ConfigError for a task that predicts nothing."""
        if not self.task.predicts:
            raise problem(f"task={self.config.task.kind}",
                          "predict answers with classes, numbers and codes; see  dlrun generate")
        rows = Rows(split, preprocessing.scale(self.kept), torch.device("cpu"), resident=True)
        with torch.no_grad():
            return torch.cat([self.task.predict(self.model, x).float() for x, _ in in_order(rows, ROWS)])

    def evaluate(self, split: Split) -> dict[str, float]:
        """The task's metrics over rows with targets, with dropout off."""
        rows = Rows(split, preprocessing.scale(self.kept), torch.device("cpu"), resident=True)
        found = measure(self.task, self.config.task.summed, self.model, self.rng, rows, ROWS)
        self.model.eval()
        return found

    def predictions(self, split: Split) -> list[Column]:
        """What is predicted of new rows, as columns; ConfigError for a task that predicts nothing."""
        return self.task.predictions(self.outputs(split), self.data_spec, preprocessing.targets(self.kept))


WEIGHTS = ("measured", "best", "last")


def weights_of(config: Config, folder: RunFolder, which: str = "measured") -> dict[str, Any]:
    """Weights (a state_dict) of the run in a folder: those that its result was measured with, the best or the last."""
    if which not in WEIGHTS:
        raise problem(f"weights={which}", f"expected one of {', '.join(WEIGHTS)}{did_you_mean(which, WEIGHTS)}")
    if which == "best" and not folder.best.is_file():
        raise problem("weights=best", f"this run kept no best weights ({folder.best.name} is missing)")
    restored = which == "measured" and config.early_stop.on and config.early_stop.restore_best
    if which == "best" or restored and folder.best.is_file():
        best: dict[str, Any] = read(folder.best)["model"]
        return best
    last: dict[str, Any] = read(folder.last)["parts"]["model"]
    return last


def load_run(path: Path, allow: tuple[str, ...] = (), weights: str = "measured") -> Loaded:
    """Load the run in a folder, of a k-fold run its final fit; raises ConfigError where nothing is trained in it.

    `weights` are those that its result was measured with, those of the best epoch, or the last ones.
    """
    folder = RunFolder(path)
    if (path / "final").is_dir():
        folder = folder.fold("final")
    elif (path / "folds").is_dir():
        raise problem(str(path), f"each fold of this run has a model of its own: {path / 'folds' / '0'} is one; "
                                 "validation.final=true trains one on all rows")
    for file in (folder.config, folder.path / "fitted.json", folder.last):
        if not file.is_file():
            raise problem(str(path), f"this is no folder of a trained run: {file.relative_to(folder.path)} is missing")
    plain = yaml.safe_load(folder.config.read_text(encoding="utf-8"))
    if isinstance(plain.get("task"), dict):
        plain["task"]["metrics"] = []  # predictions need none, and a user's are not imported for them
    permit(allow)
    config = check({**plain, "allow": list(allow), "device": "cpu"})
    kept = read_json(folder.path / "fitted.json")
    data_spec = preprocessing.data_spec(kept)
    network = design(config, data_spec)
    rng = StepRng(own_seed(config), "cpu")
    model = make_network(config, data_spec, network, rng)
    model.load_state_dict(weights_of(config, folder, weights))
    task = config.task.build(BuildContext(data_spec, model, rng, preprocessing.targets(kept)))
    return Loaded(replace(config), data_spec, model.eval(), task, rng, kept)
