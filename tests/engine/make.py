"""The engine's objects of one command, as a run makes them, without training."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import nn

from dlrun.assembly.build_run import build_run
from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import choose
from dlrun.config.check.check import check
from dlrun.config.compose.compose import compose
from dlrun.config.schema.root import Config
from dlrun.engine.fit import Fit
from dlrun.engine.signals import Signals
from dlrun.preflight.preflight import preflight
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.build_fit import build_fit


@cache
def config_of(*overrides: str) -> Config:
    composition, problems = compose(overrides)
    assert composition is not None and not problems, problems
    return check(composition.plain)


def made(folder: Path, *overrides: str) -> tuple[RunComponents, Fit]:
    given = {override.partition("=")[0] for override in overrides}
    checked = preflight([*(word for word in ("device=cpu", "threads=1") if word.partition("=")[0] not in given),
                         *overrides])
    machine = choose(checked.config)
    components = build_run(checked, machine, lambda said: None)
    training = build_fit(components, machine, RunFolder(folder).make(), "anid", Signals(), Recorder(), print)
    return components, training


class Point(nn.Module):
    """A point that moves: one parameter in float64."""

    def __init__(self, start: list[float]):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(start, dtype=torch.float64))
