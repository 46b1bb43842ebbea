"""The baseline beside every result: what the targets alone, or the last value of a series, would have given."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlrun.assembly.components import RunComponents
from dlrun.data.prepared import Split
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.baseline import all_targets
from dlrun.tasks._base.batch import Batch


def measure_baseline(parts: RunComponents) -> dict[str, Any]:
    """What the baseline of a run's task measures on the rows of its result (test, else validation, else training).

    It needs no pass over the inputs.  {} for tasks without a baseline.
    """
    prepared, config = parts.prepared, parts.config
    name = next(name for name in ("test", "val", "train") if getattr(prepared, name) is not None)
    part: Split = getattr(prepared, name)
    found = parts.task.baseline(prepared, part, config.task.width(prepared.data_spec))
    if found is None:
        return {}
    y, device = all_targets(part), parts.rng.device
    batch = Batch(found.outputs.to(device), y.to(device), len(y))
    totals = MetricAccumulator(config.task.summed, device)
    with torch.no_grad():
        loss, out = parts.task.loss("model", nn.Identity().eval(), batch)
        parts.task.add("model", totals, loss, out, batch)
    return {"model": found.model, "says": found.says, "part": name, **parts.task.compute(totals.read())}
