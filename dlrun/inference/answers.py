"""What a network's outputs say of new rows: classes with their probabilities, labels, numbers in their units, codes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import Tensor

from dlrun.config.problem import problem
from dlrun.data import preprocessing_state as fitted
from dlrun.data.scale import Target
from dlrun.inference.load import Loaded
from dlrun.models.assembly import Autoencoder
from dlrun.tasks.classify.task import ClassifyTask
from dlrun.tasks.multi_label.task import MultiLabelTask
from dlrun.tasks.multi_output.task import MultiOutputTask


def answers(run: Loaded, outputs: Tensor) -> Iterator[dict[str, str]]:
    """The cells of each row by their columns' names.  Raises ConfigError for a task that tells nothing of a row."""
    task, classes, targets = run.task, run.data_spec.classes, fitted.targets(run.kept)
    if isinstance(task, ClassifyTask):
        for taken, shares in zip(task.classify(outputs).tolist(), task.probabilities(outputs).tolist()):
            yield {"class": classes[taken], **_shares("p", classes, shares)}
    elif isinstance(task, MultiLabelTask):
        for shares in task.probabilities(outputs).tolist():
            there = {name: str(int(share > 0.5)) for name, share in zip(classes, shares)}
            yield {**there, **_shares("p", classes, shares)}
    elif isinstance(task, MultiOutputTask):
        yield from _several(task, outputs, targets)
    elif isinstance(run.model, Autoencoder):
        for code in outputs.flatten(1).tolist():
            yield {f"code {place}": f"{value:.6g}" for place, value in enumerate(code, 1)}
    elif targets:
        for value in outputs[:, 0].tolist():
            yield {targets[0].name or "prediction": _number(value, targets[0])}
    else:
        raise problem(f"task={run.config.task.kind}",
                      "predict answers with classes, numbers and codes; see  dlrun generate")


def _several(task: MultiOutputTask, outputs: Tensor, targets: tuple[Target, ...]) -> Iterator[dict[str, str]]:
    columns = []
    for part in task.slices:
        name, classes = part.head.name, part.head.classes
        if not classes:
            columns.append([{name: _number(value, targets[part.place])} for value in part.of(outputs)[:, 0].tolist()])
            continue
        taken, shares = part.classify(outputs).tolist(), part.probabilities(outputs).tolist()
        columns.append([{name: classes[place], **_shares(f"p {name}", classes, own)}
                        for place, own in zip(taken, shares)])
    for cells in zip(*columns):
        yield {key: value for cell in cells for key, value in cell.items()}


def _shares(before: str, names: tuple[str, ...], shares: list[float]) -> dict[str, str]:
    return {f"{before}({name})": f"{share:.4f}" for name, share in zip(names, shares)}


def _number(value: float, target: Target) -> str:
    return f"{float(target.in_unit(np.float32(value))):.6g}"
