"""The common-sense number beside every result: what the targets alone are worth, or the last value of a series."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dlrun.assembly.closed_form import targets
from dlrun.assembly.components import RunComponents
from dlrun.data.prepared import PreparedData, Split
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.priors import HasPrior

SAYS = {
    "classify": "the largest class", "multi_label": "each label's commoner value",
    "multi_output": "each target's largest class or centre",
}


def common_sense(parts: RunComponents) -> dict[str, Any]:
    """What the baseline of a run's task measures on the rows of its outcome (test, else validation, else training).

    It is `model=majority`, and `model=last_value` for a forecast, without a pass over the inputs.  {} for tasks whose
    targets are no rows'.
    """
    prepared, config = parts.prepared, parts.config
    kind = config.task.kind
    if kind not in (*SAYS, "regress") or not isinstance(parts.task, HasPrior):
        return {}
    name = next(name for name in ("test", "val", "train") if getattr(prepared, name) is not None)
    part: Split = getattr(prepared, name)
    y = targets(part)
    if kind == "regress" and prepared.data_spec.input_kind == "series":
        model, says, outputs = "last_value", "the last value", last_values(prepared, part)
    else:
        centre = "median" if getattr(config.task, "loss", "") == "mae" else "mean"
        model, says = "majority", SAYS.get(kind, f"the {centre} of the training targets")
        outputs = parts.task.prior(targets(prepared.train), config.task.width(prepared.data_spec)).expand(len(y), -1)
    device = parts.rng.device
    batch = Batch(outputs.to(device), y.to(device), len(y))
    totals = MetricAccumulator(config.task.measures, device)
    with torch.no_grad():
        loss, out = parts.task.loss("model", nn.Identity().eval(), batch)
        parts.task.add("model", totals, loss, out, batch)
    return {"model": model, "says": says, "part": name, **parts.task.derive(totals.read())}


def last_values(prepared: PreparedData, part: Split) -> Tensor:
    """The last value of the target's column in each window of a part (rows, 1), on the scale of the target."""
    assert part.rows is not None and part.form.windows is not None
    windows = part.form.windows
    last = part.x[part.rows + (windows.length - 1) * windows.step, prepared.asked["target"]]
    return torch.from_numpy(prepared.targets[0](last))[:, None]
