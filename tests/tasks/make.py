"""Small models and the engine's step around them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from dlrun.config.optimizers import Optimizer, Sgd
from dlrun.config.schedules import Constant
from dlrun.data.signature import Signature
from dlrun.engine.schedule import Rate
from dlrun.engine.step import EagerStep
from dlrun.models.assembly import assemble_parts
from dlrun.models.generative import blueprint_of
from dlrun.models.noise import Noise
from dlrun.tasks.task import Batch, Totals


def made(model: Any, shape: tuple[int, ...] = (1, 4, 4), values: str = "unit", seed: int = 0) -> Any:
    """The modules of a config, and their noise."""
    noise = Noise(seed, "cpu")
    signature = Signature(shape, "image" if len(shape) == 3 else "table", "none")
    return assemble_parts(blueprint_of(model, signature, values), seed=seed, noise=noise), noise


def rows(x: Tensor) -> Batch:
    return Batch(x, x, len(x))


def step_of(task: Any, model: Any, noise: Noise, config: Any, optimizer: Optimizer | None = None) -> EagerStep:
    """The engine's step of a task, at a constant rate."""
    optimizer = optimizer or Sgd(lr=0.1)
    whole = SimpleNamespace(task=config, optimizer=optimizer, precision="float32")
    totals = Totals(task.measures, torch.device("cpu"))
    return EagerStep(whole, task, model, noise, Rate(Constant(), optimizer.lr, 1, 1), totals)  # type: ignore[arg-type]


def measured(task: Any, model: Any, batch: Batch, player: str = "model") -> dict[str, float]:
    """What a turn adds to the totals."""
    totals = Totals(task.measures, torch.device("cpu"))
    loss, outputs = task.loss(player, model, batch)
    task.add(player, totals, loss, outputs, batch)
    return totals.read()
