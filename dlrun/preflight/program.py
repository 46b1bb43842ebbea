"""Whether a run's step can be a program: a function of weights, optimizer state, rows and masks.  No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlrun.models.layer import Layer
from dlrun.preflight.checked import Checked


def unfit(checked: Checked, task_fits: bool, layers: Sequence[Layer] | None) -> Iterator[str]:
    """What keeps a step from being one; `layers` are all that it has, None where that is not known."""
    config = checked.config
    if config.allow:
        yield "code of your own"
    if config.callbacks:
        yield "callbacks"
    if config.device == "mps":
        yield f"device={config.device}"
    if config.phases:
        yield "phases"
    if config.optimizer.lr_of:
        yield "optimizer.lr_of"
    if not config.optimizer.moves_many:
        yield f"optimizer={config.optimizer.kind}"
    if config.optimizer.accumulate > 1:
        yield "optimizer.accumulate"
    if config.precision != "float32":
        yield f"precision={config.precision}"
    if not task_fits:
        yield f"task={config.task.kind}"
    if layers is None or config.model.sets_weights:
        yield f"model={config.model.name or config.model.kind}"
    else:
        yield from (f"layer {layer.kind}" for layer in layers if not layer.packs)
