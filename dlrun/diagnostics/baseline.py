"""The baseline beside every result: what the targets alone, or the last value of a series, would have given."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlrun.assembly.components import RunComponents
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.baseline import all_targets
from dlrun.tasks._base.batch import Batch


def measure_baseline(components: RunComponents) -> dict[str, Any]:
    """What the baseline of a run's task measures on the rows of its result (test, else validation, else training).

    It needs no pass over the inputs.  {} for tasks without a baseline.
    """
    prepared, config = components.prepared, components.config
    name = next(name for name in ("test", "val", "train") if name in prepared.splits)
    split = prepared.splits[name]
    found = components.task.baseline(prepared, split, config.task.width(prepared.data_spec))
    if found is None:
        return {}
    y, device = all_targets(split), components.rng.device
    batch = Batch(found.outputs.to(device), y.to(device), len(y))
    totals = MetricAccumulator(config.task.summed, device)
    with torch.no_grad():
        loss, out = components.task.loss("model", nn.Identity().eval(), batch)
        components.task.add("model", totals, loss, out, batch)
    return {"model": found.model, "says": found.says, "part": name, **components.task.compute(totals.read())}
