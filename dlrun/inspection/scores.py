"""The number of a network's output that a look inside asks about: the score of a class, before the softmax."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dlrun.config.problem import did_you_mean, problem
from dlrun.inspection.rows import ShownRows
from dlrun.inspection.subject import Subject
from dlrun.models.composite import takes_latents

SCORED = ("classes", "labels", "number")  # what a task is for, whose outputs are scores of these


def scored(subject: Subject) -> str:
    """What an output of the network is a score of: classes, labels, a number, or "" of a GAN (being real).

    Raises ConfigError for a task whose outputs are none.
    """
    if takes_latents(subject.run.model):
        return ""
    task = subject.run.config.task
    if task.natural not in SCORED:
        raise problem(f"task={task.kind}", "its outputs are no scores of classes, labels or a number, whose gradient "
                                           "could be looked at")
    return task.natural


def chosen_classes(subject: Subject, word: str | None, rows: ShownRows) -> list[int]:
    """The class of each row that is asked about: the one that is named, else the right one, else the predicted one.

    Of networks without classes 0: their only output.  Raises ConfigError for a class that there is not, and for
    networks whose output has no such number.
    """
    spec, kind = subject.run.data_spec, scored(subject)
    if kind not in ("classes", "labels"):
        if word is not None:
            raise problem(f"class={word}", "this run has no classes")
        return [0] * len(rows)
    if word is not None:
        return [class_number(spec.classes, word)] * len(rows)
    if rows.y is not None and kind == "classes":
        return [int(place) for place in rows.y]
    return [int(place) for place in probabilities(subject, rows.x).argmax(1)]


def class_number(classes: Sequence[str], word: str) -> int:
    """The place of a class; raises ConfigError with the nearest name."""
    if word not in classes:
        few = f"; there are {', '.join(classes[:20])}{' ...' if len(classes) > 20 else ''}"
        raise problem(f"class={word}", f"no such class{did_you_mean(word, classes)}{few}")
    return classes.index(word)


def class_scores(outputs: Tensor, classes: Sequence[int], two: bool) -> Tensor:
    """The logit of each row's class (rows,), of outputs (rows, width), or (rows, members, width), whose mean counts.

    One output for `two` classes is the second one's; the first one's is its negative.
    """
    logits = outputs.mean(1) if outputs.ndim == 3 else outputs
    if logits.shape[1] == 1 and two:
        signs = torch.tensor([1.0 if place else -1.0 for place in classes])
        return logits[:, 0] * signs
    return logits[torch.arange(len(logits)), torch.tensor(classes)]


def probabilities(subject: Subject, x: Tensor) -> Tensor:
    """The probability of each class (rows, classes): those of labels are each for themselves."""
    with torch.no_grad():
        logits = subject.outputs(x)
    logits = logits.mean(1) if logits.ndim == 3 else logits
    if subject.run.data_spec.target_kind == "labels":
        return torch.sigmoid(logits)
    if logits.shape[1] == 1:
        positive = torch.sigmoid(logits[:, 0])
        return torch.stack([1 - positive, positive], 1)
    return torch.softmax(logits, 1)
