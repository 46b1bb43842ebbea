"""The gradient of a class's score by what a layer makes of rows, or by the rows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dlrun.inspection.layers import watching
from dlrun.inspection.scores import class_scores, scored
from dlrun.inspection.subject import Subject

ROWS = 16  # at once


def by_layer(subject: Subject, x: Tensor, classes: Sequence[int], module: str) -> tuple[Tensor, Tensor]:
    """What the module makes of rows, and the gradient of each row's score by it; both (rows, ...)."""
    made, gradients = [], []
    for begin in range(0, len(x), ROWS):
        part = x[begin:begin + ROWS].detach().requires_grad_()  # else nothing is recorded before the first weights
        with watching(subject.run.model, [module]) as seen:
            scores = class_scores(subject.outputs(part), classes[begin:begin + ROWS], two(subject))
        gradient, = torch.autograd.grad(scores.sum(), seen[module])
        made.append(seen[module].detach())
        gradients.append(gradient)
    return torch.cat(made), torch.cat(gradients)


def by_input(subject: Subject, x: Tensor, classes: Sequence[int]) -> Tensor:
    """The gradient of each row's score by the row, in the scale of the network's inputs."""
    found = []
    for begin in range(0, len(x), ROWS):
        part = x[begin:begin + ROWS].detach().requires_grad_()
        scores = class_scores(subject.outputs(part), classes[begin:begin + ROWS], two(subject))
        found.append(torch.autograd.grad(scores.sum(), part)[0])
    return torch.cat(found)


def two(subject: Subject) -> bool:
    """Whether one output stands for two classes."""
    return len(subject.run.data_spec.classes) == 2 and scored(subject) == "classes"
