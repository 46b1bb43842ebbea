"""Classification: where classes are confused, and the rows that are most wrong."""

from __future__ import annotations

import torch

from dlrun.run.show.view import View
from dlrun.tasks.classify import Classify

WORST = 32


def confusion(view: View) -> None:
    """How many rows of each class were taken for each class."""
    from dlrun.record.confusion import save_confusion

    task, classes = view.parts.task, view.parts.prepared.signature.classes
    assert isinstance(task, Classify)
    logits, y = view.outputs
    matrix = torch.bincount(y * len(classes) + task.classify(logits), minlength=len(classes) ** 2)
    view.save("confusion", lambda path: save_confusion(path, matrix.view(len(classes), -1).numpy(), list(classes)))


def mistakes(view: View) -> None:
    """The images whose true class got the least probability, with what they are and what they were taken for."""
    if not view.images:
        return
    from dlrun.record.pictures import save_batch

    task, classes = view.parts.task, view.parts.prepared.signature.classes
    assert isinstance(task, Classify)
    logits, y = view.outputs
    taken = task.classify(logits)
    belief = task.probabilities(logits)[torch.arange(len(y)), y]
    wrong = torch.nonzero(taken != y)[:, 0]
    wrong = wrong[belief[wrong].argsort()][:WORST]
    if not len(wrong):
        return
    x, _ = view.rows.take(wrong.to(view.rows.device) if view.rows.resident else wrong)
    captions = [f"{classes[y[row]]} → {classes[taken[row]]}" for row in wrong.tolist()]
    view.save("mistakes", lambda path: save_batch(path, x.cpu().numpy(), captions))
