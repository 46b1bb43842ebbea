"""Tagging: where tags are confused, and sentences with the tags that their words got."""

from __future__ import annotations

import numpy as np
import torch

from dlrun.tasks._base.plots import Plots
from dlrun.tasks._base.view import View
from dlrun.tasks._plots.inputs import first_batch
from dlrun.tasks.tag.task import TagTask

SENTENCES = 20


def confusion(view: View) -> None:
    """How many words of each tag got each tag; padding is left out."""
    from dlrun.record.confusion import save_confusion

    logits, y = view.outputs
    size = logits.shape[1]
    words = _words(view, y)
    matrix = torch.bincount(y[words] * size + logits.argmax(1)[words], minlength=size ** 2).view(size, size).numpy()
    used = np.flatnonzero(matrix.sum(0) + matrix.sum(1))  # a tag that neither is nor was given says nothing
    names = _names(view, size)
    view.save("confusion", lambda path: save_confusion(path, matrix[np.ix_(used, used)], [names[i] for i in used],
                                                       "words"))


def sentences(view: View) -> None:
    """``pictures/sentences.txt``: the first shown sentences, each word with its tag and, if wrong, the true one."""
    vocabulary = view.prepared.vocabulary
    if vocabulary is None:
        return
    logits, y = view.outputs
    x, _ = view.rows.range(0, min(SENTENCES, view.rows.count))
    names = _names(view, logits.shape[1])
    lines = ["word/tag, and [the true tag] where it is another", ""]
    for ids, taken, true, real in zip(x.tolist(), logits.argmax(1).tolist(), y.tolist(), _words(view, y).tolist()):
        words = [f"{vocabulary.words[word]}/{names[got]}" + ("" if got == tag else f"[{names[tag]}]")
                 for word, got, tag, there in zip(ids, taken, true, real) if there]
        lines += [" ".join(words), ""]
    view.write("sentences", "\n".join(lines))


def _words(view: View, y: torch.Tensor) -> torch.Tensor:
    task = view.task
    assert isinstance(task, TagTask)
    return torch.ones_like(y, dtype=torch.bool) if task.padding is None else y != task.padding


def _names(view: View, size: int) -> list[str]:
    classes = list(view.prepared.data_spec.classes)
    return [classes[number] if number < len(classes) else str(number) for number in range(size)]


PLOTS = Plots(start=(first_batch,), end=(confusion, sentences), outputs=True)
