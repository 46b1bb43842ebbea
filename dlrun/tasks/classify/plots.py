"""Classification: where classes are confused, and the rows that are most wrong."""

from __future__ import annotations

import torch

from dlrun.metrics._classes import ClassPredictions, class_predictions
from dlrun.tasks._base.plots import Plot
from dlrun.tasks._base.view import View
from dlrun.tasks._plots.activations import activations
from dlrun.tasks._plots.inputs import filters
from dlrun.tasks.classify.regions import regions
from dlrun.tasks.classify.task import ClassifyTask

WORST = 32
WORDS = 100  # of a sentence that are shown


def confusion(view: View) -> None:
    """The confusion matrix of the rows: true class by predicted class."""
    from dlrun.record.confusion import save_confusion

    matrix, classes = _predictions(view).confusion, list(view.prepared.data_spec.classes)
    view.save("confusion", lambda path: save_confusion(path, matrix, classes))


def reliability(view: View) -> None:
    """The share of right rows by the probability of the predicted class."""
    from dlrun.metrics.calibration_error import CalibrationError
    from dlrun.record.reliability import save_reliability

    rows = _predictions(view)
    bins = [values.tolist() for values in rows.reliability]
    view.save("reliability", lambda path: save_reliability(path, bins[0], bins[1], bins[2], CalibrationError.of(rows)))


def mistakes(view: View) -> None:
    """The rows whose true class got the least probability, with true and predicted class.

    Images as a picture; sentences as ``pictures/mistakes.txt``.
    """
    rows, classes = _predictions(view), view.prepared.data_spec.classes
    y, taken, probabilities = (torch.from_numpy(values) for values in (rows.targets, rows.taken, rows.probabilities))
    wrong = torch.nonzero(taken != y)[:, 0]
    belief = probabilities[wrong, y[wrong]]
    worst = belief.argsort()[:WORST]
    wrong, belief = wrong[worst], belief[worst]
    if not len(wrong):
        return
    captions = [f"{classes[y[row]]} → {classes[taken[row]]}" for row in wrong.tolist()]
    if view.images:
        from dlrun.record.pictures import save_batch

        x, _ = view.rows.take(wrong.to(view.rows.device) if view.rows.resident else wrong)
        view.save("mistakes", lambda path: save_batch(path, x.cpu().numpy(), captions))
    elif (vocabulary := view.prepared.vocabulary) is not None:
        lines = []
        for row, share, caption in zip(wrong.tolist(), belief.tolist(), captions):
            ids = _ids(view, row)
            rest = f" ... ({len(ids):,} {vocabulary.noun}s)" if len(ids) > WORDS else ""
            lines += [f"{caption}   (true class {100 * share:.2f} %)", vocabulary.decode(ids[:WORDS]) + rest, ""]
        view.write("mistakes", "\n".join(lines))


def _predictions(view: View) -> ClassPredictions:
    """What was predicted of the shown rows: as it was measured, where that was gathered."""
    found = view.predicted().get("")
    if isinstance(found, ClassPredictions):
        return found
    task = view.task
    assert isinstance(task, ClassifyTask)
    logits, y = view.outputs
    return class_predictions(task.probabilities(logits).numpy(), y.numpy(), task.classify(logits).numpy())


def _ids(view: View, row: int) -> list[int]:
    """The words of a shown row; a bag of words has each once, the rarest first."""
    split, vocabulary = view.split, view.prepared.vocabulary
    assert vocabulary is not None
    silent = vocabulary.silent
    bag = split.form.size if split.form.kind == "multi_hot" else None  # what fills a bag up is `size`
    ids = [int(number) for number in split.x[row] if number not in silent]
    return ids if bag is None else [number for number in reversed(ids) if number < bag]


END: tuple[Plot, ...] = (confusion, reliability, mistakes, regions, filters, activations)
