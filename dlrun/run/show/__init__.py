"""What a run leaves for the eye, chosen by its task: nobody has to ask for it.

`at_start` is called once, `each_epoch` after every epoch, `at_end` when the kept weights have been measured.
"""

from __future__ import annotations

from collections.abc import Callable

from dlrun.run.show import classes, codes, numbers, regions, samples, sequences, several, tags, text
from dlrun.run.show.activations import activations
from dlrun.run.show.batch import filters, first_batch, graph
from dlrun.run.show.projector import projector
from dlrun.run.show.view import View

Show = Callable[[View], None]

AT_END: dict[str, tuple[Show, ...]] = {
    "classify": (classes.confusion, classes.mistakes, regions.regions, filters, activations),
    "tag": (tags.confusion, tags.sentences),
    "regress": (numbers.predictions,),
    "multi_label": (several.labels, filters),
    "multi_output": (several.outputs, filters),
    "reconstruct": (codes.reconstructions, codes.scatter, codes.plane, codes.between, sequences.series,
                    sequences.sentences, sequences.similarity),
    "vae": (codes.reconstructions, codes.scatter, codes.plane, codes.between, samples.grid),
    "adversarial": (samples.grid,),
    "next_token": (text.passages,),
}
SOME_EPOCHS: dict[str, tuple[Show, ...]] = {
    "vae": (samples.grid,), "adversarial": (samples.grid,), "next_token": (text.passages,)}


def at_start(view: View) -> None:
    """The first batch as the model sees it; the graph, if asked."""
    _show(first_batch, view)
    if view.parts.config.graph:
        _show(graph, view)


def each_epoch(view: View) -> None:
    """About ten times in a run, what changes with training."""
    epochs = view.parts.config.epochs
    if view.epoch == 1 or view.epoch % max(1, epochs // 10) == 0:
        for show in SOME_EPOCHS.get(view.parts.config.task.kind, ()):
            _show(show, view)


def at_end(view: View) -> None:
    """Everything that the task has to show of the kept weights."""
    for show in AT_END.get(view.parts.config.task.kind, ()):
        _show(show, view)
    if view.parts.config.projector:
        _show(projector, view)


def _show(show: Show, view: View) -> None:
    """A picture that cannot be made is said, and costs the run nothing else."""
    try:
        show(view)
    except Exception as error:
        view.recorder.note(f"no picture of {show.__name__.replace('_', ' ')}: {type(error).__name__}: {error}")


__all__ = ["View", "at_end", "at_start", "each_epoch"]
