"""A learning-rate range test (Smith, Cyclical Learning Rates, 2017): the rate rises at each step of one training."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlrun.assembly.build_run import build_run
from dlrun.assembly.machine import choose, isolated_torch_state
from dlrun.config.identity import identity
from dlrun.config.problem import problem
from dlrun.engine.fit import Fit
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.signals import Signals
from dlrun.preflight.checked import Checked
from dlrun.preflight.threads import auto_threads
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.build_fit import build_fit
from dlrun.tasks._base.batch import Batch

MEMORY = 0.9  # of the smoothed loss in the next one
RISEN = 4.0  # of the fall of the smoothed loss, above its lowest value, that ends the test
LEAST = 10  # steps that a slope is taken of
FALL = 0.05  # of the first loss that has to be gained for a suggestion to mean anything


@dataclass(frozen=True)
class RangeTest:
    """Rates, the losses of the batches that met them, smoothed ones, and the rate where these fell fastest.

    `suggestion` is None where the loss fell nowhere; `reason` says why the test ended before its last rate.
    """

    rates: list[float]
    losses: list[float]
    smoothed: list[float]
    suggestion: float | None
    reason: str = ""


class _Rising(LearningRate):
    """From one rate to another, by an equal factor at each step."""

    def __init__(self, of: LearningRate, low: float, high: float, steps: int):
        self.schedule, self.lr = of.schedule, of.lr
        self._low, self._ratio = low, (high / low) ** (1 / max(1, steps - 1))

    def factor(self, step: int) -> float:
        return float(self._low * self._ratio**step / self.lr)


def range_test(checked: Checked, low: float, high: float, steps: int, say: Callable[[str], None]) -> RangeTest:
    """Train a new network for `steps` steps with rates from `low` to `high`; nothing is kept.

    Raises ConfigError for data that is not there, and for tasks without one loss.
    """
    config = dataclasses.replace(checked.config, max_steps=steps)
    checked = dataclasses.replace(checked, config=config)
    if config.model.computed:
        raise problem("lr", f"{config.model.given} is computed, not trained by steps")
    with tempfile.TemporaryDirectory(prefix="dlrun-lr-") as place, isolated_torch_state(), Signals() as signals:
        machine = choose(config, auto_threads=auto_threads(checked))
        components = build_run(checked, machine, say)
        training = build_fit(components, machine, RunFolder(Path(place)), identity(config), signals, Recorder(), say)
        training.step.rate = _Rising(training.rate, low, high, steps)
        rates, losses, reason = _losses(training, steps, signals)
    smoothed = smooth(losses)
    return RangeTest(rates, losses, smoothed, suggest(rates, smoothed), reason)


def _losses(training: Fit, steps: int, signals: Signals) -> tuple[list[float], list[float], str]:
    """The rate of each step and the loss of its batch, before the update; and why it ended early."""
    step, totals = training.step, training.totals
    rates: list[float] = []
    losses: list[float] = []
    training.begin()
    for number, (x, y) in enumerate(training.batches.steps(0, steps)):
        step(Batch(x, y, len(x)), number)
        found = step.task.compute(step.means())
        totals.reset()
        if signals.received is not None:
            raise KeyboardInterrupt
        if "loss" not in found:
            raise problem("lr", "this task has several losses, which its players move against each other")
        if not math.isfinite(found["loss"]):
            return rates, losses, f"the loss was no number at the rate {step.rate.at(number):.3g}"
        rates.append(step.rate.at(number))
        losses.append(found["loss"])
        smoothed = smooth(losses)
        best = min(smoothed)
        if number > LEAST and smoothed[-1] > best + RISEN * (smoothed[0] - best) and smoothed[-1] > 1.2 * smoothed[0]:
            return rates, losses, f"the loss rose far beyond where it began at the rate {rates[-1]:.3g}"
    return rates, losses, ""


def smooth(losses: list[float]) -> list[float]:
    """An exponential moving average, whose beginning is not drawn to 0.

    >>> smooth([2.0, 2.0, 2.0])
    [2.0, 2.0, 2.0]
    """
    found, mean = [], 0.0
    for count, loss in enumerate(losses, 1):
        mean = MEMORY * mean + (1 - MEMORY) * loss
        found.append(round(mean / (1 - MEMORY**count), 12))
    return found


def suggest(rates: list[float], smoothed: list[float]) -> float | None:
    """The rate at which the smoothed loss falls fastest, by the logarithm of the rate, before its lowest value.

    None where it falls by less than a twentieth.
    """
    if len(smoothed) < LEAST:
        return None
    lowest = int(np.argmin(smoothed))
    if lowest < 2 or smoothed[lowest] > (1 - FALL) * smoothed[0]:
        return None
    slopes = np.gradient(np.array(smoothed[:lowest + 1]), np.log(rates[:lowest + 1]))
    return float(f"{rates[int(np.argmin(slopes))]:.2g}")
