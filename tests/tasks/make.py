"""Small models and the engine's step around them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from dlrun.config.places import data_dir
from dlrun.config.schema.optimizer import Optimizer
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.prepare import prepare
from dlrun.data.prepared import PreparedData
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.optimizers.sgd import Sgd
from dlrun.engine.schedules.constant import Constant
from dlrun.engine.step import EagerStep
from dlrun.inference.load import load_run
from dlrun.models.composite import build_composite
from dlrun.models.step_rng import StepRng
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.context import BuildContext


def made(model: Any, shape: tuple[int, ...] = (1, 4, 4), values: str = "unit", seed: int = 0) -> Any:
    """The modules of a config, and their noise."""
    rng = StepRng(seed, "cpu")
    data_spec = DatasetSpec(shape, "image" if len(shape) == 3 else "table", "none")
    return build_composite(model.network(data_spec, values=values), seed=seed, rng=rng), rng


def built(spec: Any, data_spec: DatasetSpec, targets: Any = (), counts: Any = ()) -> Any:
    """The task of a spec, for data of one spec."""
    return spec.build(BuildContext(data_spec, torch.nn.Identity(), StepRng(0, "cpu"), targets, counts))


def data_of(folder: Path) -> PreparedData:
    """The data of a run, read again."""
    config = load_run(folder).config
    return prepare(config.dataset, str(data_dir(config.data_dir)), validation=config.validation,
                   train_size=config.train_size, seed=config.seed, say=lambda line: None)


def rows(x: Tensor) -> Batch:
    return Batch(x, x, len(x))


def step_of(task: Any, model: Any, rng: StepRng, config: Any, optimizer: Optimizer | None = None) -> EagerStep:
    """The engine's step of a task, at a constant rate."""
    optimizer = optimizer or Sgd(lr=0.1)
    whole = SimpleNamespace(task=config, optimizer=optimizer, precision="float32", allow=(), callbacks=(), phases=())
    totals = MetricAccumulator(config.summed, torch.device("cpu"))
    return EagerStep(whole, task, model, rng, LearningRate(Constant(), optimizer.lr, 1, 1), totals)  # type: ignore[arg-type]


class _Names:
    """The names of what a turn adds."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def mean(self, name: str, value: Any, count: Any) -> None:
        self.seen.append(name)

    sum = mean


def measured(task: Any, model: Any, batch: Batch, player: str = "model") -> dict[str, float]:
    """What a turn adds to the totals."""
    loss, outputs = task.loss(player, model, batch)
    names = _Names()
    task.add(player, names, loss, outputs, batch)
    totals = MetricAccumulator(names.seen, torch.device("cpu"))
    task.add(player, totals, loss, outputs, batch)
    return totals.read()
