"""The loss on the straight line from random weights to trained ones (Goodfellow and others, 2015)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from dlrun.assembly.components import RunComponents
from dlrun.config.schema.folds import own_seed
from dlrun.config.seeds import derive_seed
from dlrun.preflight.design import design
from dlrun.tasks._base.view import View

STEP = 0.05
PLACES = range(-40, 41)  # in steps: from -2 to 2, as Buduma & Locascio have it (ch. 4)
DEPTH = 0.01  # of the fall from random to trained weights: a rise by less ends no valley
_AVERAGES = ("running_mean", "running_var")  # move with the weights; other buffers are no weights


def interpolation(components: RunComponents, view: View) -> dict[str, Any]:
    """Losses of the shown rows with  (1 - alpha) * trained + alpha * random  weights, and what they say; a picture.

    Random are newly drawn weights, not those that training began with.  ``losses`` are pairs (alpha, loss), ``minima``
    how often the loss rises again on the way from random to trained weights, ``flatness`` its slope at the random
    weights as a share of the mean slope (only where it falls at all).
    """
    from dlrun.record.plots import save_interpolation

    other = dataclasses.replace(components.config, seed=derive_seed(components.config.seed, "interpolation"))
    data_spec = components.prepared.data_spec
    drawn = other.model.build(design(other, data_spec), data_spec, other.task.width(data_spec), own_seed(other),
                              components.rng)
    begun = {name: value.to(components.rng.device) for name, value in drawn.state_dict().items()}
    ended = {name: value.clone() for name, value in components.model.state_dict().items()}
    moving = {name for name, _ in components.model.named_parameters()}
    moving |= {name for name in ended if name.endswith(_AVERAGES)}
    losses = []
    try:
        for place in PLACES:
            components.model.load_state_dict({name: value.lerp(begun[name], place * STEP) if name in moving else value
                                              for name, value in ended.items()})
            losses.append((round(place * STEP, 6), components.loss(view.rows, view.cast)))
    finally:
        components.model.load_state_dict(ended)
    view.save("interpolation", lambda path: save_interpolation(path, losses))
    return {**described([loss for alpha, loss in reversed(losses) if 0 <= alpha <= 1], dict(losses)), "losses": losses}


def described(way: Sequence[float], losses: dict[float, float]) -> dict[str, float]:
    """What the losses from random to trained weights say; `losses` has the neighbours of alpha = 1 too."""
    fall = way[0] - way[-1]
    found: dict[str, float] = {"minima": valleys(way, DEPTH * abs(fall))}
    if fall > 0:
        found["flatness"] = abs(losses[1 + STEP] - losses[1 - STEP]) / (2 * STEP) / fall
    return found


def valleys(way: Sequence[float], depth: float) -> int:
    """How often a curve rises by more than `depth` above the lowest value since it last fell so far.

    >>> valleys([5, 3, 4, 1], 0.5), valleys([5, 3, 3.2, 1], 0.5), valleys([1, 2, 0], 0.5)
    (1, 0, 1)
    """
    count, falling, turned = 0, True, way[0]
    for value in way:
        if falling and value > turned + depth:
            count, falling, turned = count + 1, False, value
        elif not falling and value < turned - depth:
            falling, turned = True, value
        turned = min(turned, value) if falling else max(turned, value)
    return count
