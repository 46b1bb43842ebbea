"""The same commands trained one after another and as a pack, in float32 or float64, without their folders' ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dlrun.assembly.components import RunComponents
from dlrun.engine.fit import Fit, fit, fit_steps
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.pack import Run, execute_together
from dlrun.engine.packed.places import PlaceBatches
from tests.engine.make import made

Weights = dict[str, Tensor]


@pytest.fixture
def in_float64(monkeypatch: pytest.MonkeyPatch) -> Callable[[RunComponents], None]:
    """Makes a run's arithmetic float64; what casts to float32 casts to float64 from here on."""
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)

    def change(components: RunComponents) -> None:
        components.model.double()
        for rows in {id(rows): rows for rows in (components.train, components.val, components.test) if rows}.values():
            rows.x, rows._inputs = rows._inputs(rows.x).double(), lambda x: x
            rows.y = rows.y.double() if rows.y.is_floating_point() else rows.y

    return change


def make(folder: Path, commands: Sequence[Sequence[str]],
         change: Callable[[RunComponents], None] = lambda components: None) -> list[tuple[RunComponents, Fit]]:
    found = []
    for number, overrides in enumerate(commands):
        components, training = made(folder / str(number), "early_stop=none", "checkpoint_seconds=1000", *overrides)
        training.extras, training.checkpoints.share = (), 1e-9  # nothing is drawn, and saved at the end only
        change(components)
        for player in training.step.players.values():
            for weight, state in player.optimizer.state.items():
                state["sum"] = torch.full_like(weight, components.config.optimizer.initial_accumulator)  # Adagrad's
        found.append((components, training))
    return found


def weights_of(runs: Sequence[tuple[RunComponents, Fit]]) -> list[Weights]:
    return [{name: value.clone() for name, value in components.model.state_dict().items()} for components, _ in runs]


def alone(runs: Sequence[tuple[RunComponents, Fit]]) -> list[Weights]:
    for _, training in runs:
        fit(training)
    return weights_of(runs)


def member(layout: Layout, slot: int, training: Fit) -> Run:
    """A run's loop, which tells its pack when it has come to its end."""
    found = yield from fit_steps(training)
    layout.end(slot, training.clock.step)
    return found


def packed(runs: Sequence[tuple[RunComponents, Fit]], slots: Sequence[int] | None = None,
           size: int | None = None, layout: Layout | None = None) -> list[Weights]:
    """The weights at the end of runs that were trained as one; raises what one of them has raised."""
    for _, training in runs:
        training.batches = PlaceBatches(training.batches, most=100)
    places, layout = slots or range(len(runs)), layout or Layout(size or len(runs))
    ended = execute_together({slot: member(layout, slot, training) for slot, (_, training) in zip(places, runs)},
                             layout)
    for outcome in ended.values():
        if isinstance(outcome, Exception):
            raise outcome
    return weights_of(runs)


def distance(some: Sequence[Weights], others: Sequence[Weights]) -> float:
    return max(float((one[name] - other[name]).abs().max()) for one, other in zip(some, others) for name in one)
